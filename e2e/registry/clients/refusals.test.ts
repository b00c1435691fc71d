import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startDockerd } from '../../testing/dockerd.ts'
import { type Need, needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOutput, run, runOk } from '../../testing/run.ts'
import { type Served, startServe } from '../../testing/serve.ts'
import { makeWorkspace } from '../../testing/workspace.ts'
import { shortFolder } from './server.ts'

/** Images of one layer each: two small ones, and one of 30 MiB. */
const bytesOf = { one: 9, two: 9, large: 30 * 2 ** 20 }
type Which = keyof typeof bytesOf
/** Archives of `app:one` and so on. */
type Archives = Readonly<Record<Which, string>>
/** Pushes an image under a name. */
type Push = (which: Which, name: string) => Promise<RunOutput>
/** What is there for all tests of this file. */
type Lasting = Pick<ExecutionContext, 'teardown'>

interface Client {
  readonly name: string
  readonly needs: readonly Need[]
  readonly open: (t: Lasting, archives: Archives) => Promise<Push>
}

const clients: readonly Client[] = [
  {
    name: 'skopeo',
    needs: ['skopeo'],
    open: async (_t, archives) => async (which, name) => {
      const from = `docker-archive:${archives[which]}`
      return run(requireProgram('skopeo'), ['copy', '--dest-tls-verify=false', from, `docker://${name}`])
    },
  },
  {
    name: 'podman',
    needs: ['root', 'podman'],
    open: async (t, archives) => {
      const folder = shortFolder(t)
      const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
      const podman = [...storage, '--cgroup-manager', 'cgroupfs']
      for (const archive of Object.values(archives))
        await runOk(requireProgram('podman'), [...podman, 'load', '-i', archive])
      return async (which, name) =>
        run(requireProgram('podman'), [...podman, 'push', '--tls-verify=false', `app:${which}`, `docker://${name}`])
    },
  },
  {
    name: 'docker',
    needs: ['root', 'docker', 'dockerd'],
    open: async (t, archives) => {
      const folder = join(shortFolder(t), 'd')
      mkdirSync(folder)
      const daemon = await startDockerd(folder)
      t.teardown(() => daemon.close())
      for (const archive of Object.values(archives)) await daemon.docker(['load', '-i', archive])
      return async (which, name) => {
        await daemon.docker(['tag', `app:${which}`, name])
        return daemon.tryDocker(['push', name])
      }
    },
  },
  {
    name: 'crane',
    needs: ['crane'],
    open: async (_t, archives) => async (which, name) => run(requireProgram('crane'), ['push', archives[which], name]),
  },
]

const ends: (() => unknown)[] = []
const lasting: Lasting = { teardown: (end) => void ends.unshift(end) }
test.after.always(async () => {
  for (const end of ends) await end()
})

let archives: Promise<Archives> | undefined

async function makeArchives(): Promise<Archives> {
  const space = await makeWorkspace(lasting)
  const make = async (which: Which): Promise<string> => {
    const a = randomBytes(bytesOf[which]).toString('latin1')
    const context = space.write(`context-${which}`, { Dockerfile: 'FROM scratch\nCOPY a /\n', a })
    const archive = join(space.folder, `${which}.tar`)
    await space.ok(['-t', `app:${which}`, '-o', `type=docker,dest=${archive}`, context])
    return archive
  }
  return { one: await make('one'), two: await make('two'), large: await make('large') }
}

/** The client, with all images, which the first test that needs it opens. */
function opened({ open }: Client): () => Promise<Push> {
  let push: Promise<Push> | undefined
  return () => {
    archives ??= makeArchives()
    push ??= archives.then((made) => open(lasting, made))
    return push
  }
}

async function serverWith(t: ExecutionContext, config: string): Promise<Served> {
  const folder = shortFolder(t)
  const file = join(folder, 'config.yml')
  writeFileSync(file, config)
  const server = await startServe(join(folder, 'data'), { args: ['--config', file] })
  t.teardown(() => server.close())
  return server
}

for (const client of clients) {
  const on = needs(test.serial, ...client.needs)
  const pusher = opened(client)

  on(`${client.name} shows which rule keeps a tag, and pushes the same again`, async (t) => {
    const server = await serverWith(t, 'tags: { immutable: ["team/*:v*"] }\n')
    const push = await pusher()
    const name = `${server.host}/team/app:v1`
    const first = await push('one', name)
    t.is(first.code, 0, first.stderr)
    const again = await push('one', name)
    t.is(again.code, 0, again.stderr)
    const moved = await push('two', name)
    t.not(moved.code, 0)
    t.regex(
      moved.stdout + moved.stderr,
      /the tag v1 of team\/app is immutable here \(tags\.immutable: \\*"team\/\*:v\*\\*"\)/,
    )
    const other = await push('two', `${server.host}/team/app:v2`)
    t.is(other.code, 0, other.stderr)
  })

  on(`${client.name} shows how full a quota is, at the first upload`, async (t) => {
    const server = await serverWith(t, 'quota: [{ repositories: "team/*", bytes: 100 }]\n')
    const push = await pusher()
    const { code, stdout, stderr } = await push('one', `${server.host}/team/app:1`)
    t.not(code, 0)
    t.regex(stdout + stderr, /the quota of team\/app is 100 bytes \(quota: team\/\*\), of which \d+ are used/)
  })

  on(`${client.name} shows it also where a large layer crosses it on the way`, async (t) => {
    const server = await serverWith(t, 'quota: [{ repositories: "team/*", bytes: 5MiB }]\n')
    const push = await pusher()
    const { code, stdout, stderr } = await push('large', `${server.host}/team/app:1`)
    t.not(code, 0)
    t.regex(stdout + stderr, /the quota of team\/app is 5242880 bytes/)
  })
}
