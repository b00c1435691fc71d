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

/** Pushes one of two archives of images under a name. */
type Push = (archive: 1 | 2, name: string) => Promise<RunOutput>

interface Client {
  readonly name: string
  readonly needs: readonly Need[]
  readonly open: (t: ExecutionContext, archives: readonly [string, string]) => Promise<Push>
}

const clients: readonly Client[] = [
  {
    name: 'skopeo',
    needs: ['skopeo'],
    open: async (_t, archives) => async (archive, name) => {
      const from = `docker-archive:${archives[archive - 1]}`
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
      for (const archive of archives) await runOk(requireProgram('podman'), [...podman, 'load', '-i', archive])
      return async (archive, name) =>
        run(requireProgram('podman'), [...podman, 'push', '--tls-verify=false', `app:${archive}`, `docker://${name}`])
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
      for (const archive of archives) await daemon.docker(['load', '-i', archive])
      return async (archive, name) => {
        await daemon.docker(['tag', `app:${archive}`, name])
        return daemon.tryDocker(['push', name])
      }
    },
  },
  {
    name: 'crane',
    needs: ['crane'],
    open: async (_t, archives) => async (archive, name) =>
      run(requireProgram('crane'), ['push', archives[archive - 1] ?? '', name]),
  },
]

/** Archives of `app:1` and `app:2`, of one layer each. */
async function twoImages(t: ExecutionContext, bytes = 9): Promise<readonly [string, string]> {
  const space = await makeWorkspace(t)
  const make = async (n: number): Promise<string> => {
    const context = space.write(`context-${n}`, {
      Dockerfile: 'FROM scratch\nCOPY a /\n',
      a: randomBytes(bytes).toString('latin1'),
    })
    const archive = join(space.folder, `${n}.tar`)
    await space.ok(['-t', `app:${n}`, '-o', `type=docker,dest=${archive}`, context])
    return archive
  }
  return [await make(1), await make(2)]
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

  on(`${client.name} shows which rule keeps a tag, and pushes the same again`, async (t) => {
    const server = await serverWith(t, 'tags: { immutable: ["team/*:v*"] }\n')
    const push = await client.open(t, await twoImages(t))
    const name = `${server.host}/team/app:v1`
    const first = await push(1, name)
    t.is(first.code, 0, first.stderr)
    const again = await push(1, name)
    t.is(again.code, 0, again.stderr)
    const moved = await push(2, name)
    t.not(moved.code, 0)
    t.regex(
      moved.stdout + moved.stderr,
      /the tag v1 of team\/app is immutable here \(tags\.immutable: \\*"team\/\*:v\*\\*"\)/,
    )
    const other = await push(2, `${server.host}/team/app:v2`)
    t.is(other.code, 0, other.stderr)
  })

  on(`${client.name} shows how full a quota is, at the first upload`, async (t) => {
    const server = await serverWith(t, 'quota: [{ repositories: "team/*", bytes: 100 }]\n')
    const push = await client.open(t, await twoImages(t))
    const { code, stdout, stderr } = await push(1, `${server.host}/team/app:1`)
    t.not(code, 0)
    t.regex(stdout + stderr, /the quota of team\/app is 100 bytes \(quota: team\/\*\), of which \d+ are used/)
  })

  on(`${client.name} shows it also where a large layer crosses it on the way`, async (t) => {
    const server = await serverWith(t, 'quota: [{ repositories: "team/*", bytes: 5MiB }]\n')
    const push = await client.open(t, await twoImages(t, 30 * 2 ** 20))
    const { code, stdout, stderr } = await push(1, `${server.host}/team/app:1`)
    t.not(code, 0)
    t.regex(stdout + stderr, /the quota of team\/app is 5242880 bytes/)
  })
}
