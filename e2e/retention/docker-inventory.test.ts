import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createDockerInventory } from '../../app/adapters/docker-inventory.ts'
import type { DaemonImage } from '../../retention/http/types.ts'
import { inventorySuite } from '../../retention/testing/inventory-contract.ts'
import { anyPort } from '../registry/backup/scene.ts'
import { type Serving, startServing } from '../registry/server/serving.ts'
import { missing, skipFor } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { askSocket, type SocketAnswer } from './testing/ask-socket.ts'
import { type DockerImages, startDockerImages } from './testing/docker-images.ts'

const reason = missing(['root', 'docker', 'dockerd'])
let started: Promise<DockerImages> | undefined
const scene = (): Promise<DockerImages> => (started ??= startDockerImages())
test.after.always(async () => (await started)?.close())

const docker = skipFor(test.serial, reason)
docker('a Docker daemon is an inventory like any other', (t) => t.pass('see below'))
if (reason === undefined)
  inventorySuite(test, {
    name: 'docker',
    isSerial: true,
    make: async () => {
      const images = await scene()
      const textIn = (repository: string, text: string): string => `${text} of ${repository}`
      return {
        inventory: createDockerInventory({ host: images.daemon.host }),
        tag: async (repository, name, text) => images.tag(`${repository}:${name}`, textIn(repository, text)),
        loosen: async (repository, name) => {
          await images.tag(`${repository}:${name}`, textIn(repository, 'what took the name'))
        },
        use: async (repository, name) => images.create(`${repository}:${name}`),
      }
    },
  })

const policy = (mode: string, wanted: string): string => `version: 1
mode: ${mode}
schedule: { everyMinutes: 60 }
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - { id: old, repos: { include: [served/.*] }, tags: { keep: [latest], delete: ["pr-.*"] } }
mirror: [{ image: "${wanted}", everyMinutes: 60 }]
`

interface GcServing {
  readonly images: DockerImages
  readonly space: Workspace
  readonly server: Serving
  /** An image that is kept fresh, in a registry. */
  readonly wanted: string
  /** Lets that name lead to another image there. */
  readonly push: (text: string) => Promise<void>
  readonly gc: (words: string) => Promise<string>
  readonly ask: (method: string, path: string, body?: unknown) => Promise<SocketAnswer>
}

/** `ibuild gc serve` that looks after the daemon and the store. */
async function gcServing(t: ExecutionContext): Promise<GcServing> {
  const [images, space] = [await scene(), await makeWorkspace(t)]
  const at = (name: string): string => join(space.folder, name)
  const registry = await startServing(t, ['--root', at('registry'), ...anyPort])
  const wanted = `${new URL(registry.url).host}/team/fresh:1`
  const push = async (text: string): Promise<void> => {
    await images.tag(wanted, text)
    await images.daemon.docker(['push', '-q', wanted])
    await images.daemon.docker(['rmi', wanted])
  }
  await push(`first in ${wanted}`)
  for (const tag of ['latest', 'pr-1', 'pr-2']) await images.tag(`served/app:${tag}`, `${tag} beside ${wanted}`)
  for (const name of ['docker.yml', 'store.yml']) writeFileSync(at(name), policy('enforce', wanted))
  const { host } = images.daemon
  writeFileSync(
    at('gc.yml'),
    `docker: { host: "${host}", policy: docker.yml }\nstore: { enabled: true, policy: store.yml }\nmetrics: { listen: "127.0.0.1:0" }\n`,
  )
  const args = ['--root', space.root, '--config', at('gc.yml')]
  const server = await startServing(t, args, { command: ['gc', 'serve'] })
  const socket = join(space.root, 'retention/admin.sock')
  return {
    images,
    space,
    server,
    wanted,
    push,
    gc: async (words) => (await space.ok(['gc', ...words.split(' ')])).stdout,
    ask: async (method, path, body) => askSocket(socket, method, path, body),
  }
}

docker('a process of its own looks after a daemon and the store: schedules, fresh images, reloads', async (t) => {
  const { images, space, server, wanted, push, gc } = await gcServing(t)
  await server.logged(
    /"removed":2[^\n]*a plan of retention was applied|a plan of retention was applied[^\n]*"removed":2/,
  )
  await server.logged(/kept fresh[^]*kept fresh/)
  const names = await images.list()
  t.deepEqual(
    names.filter((name) => name.startsWith('served/') || name === wanted),
    [wanted, 'served/app:latest'].sort(),
  )
  t.regex((await space.ok(['images'])).stdout, /team\/fresh +1 /)
  for (const source of ['docker', 'store']) {
    const status = JSON.parse(await gc(`status --source ${source} --json`)) as Record<string, unknown>
    t.like(status, {
      source,
      canUndo: false,
      mode: 'enforce',
      policy: { version: 1 },
      mirror: { 0: { image: wanted } },
    })
    t.true(Number(status['nextRunAt']) > Date.now())
  }
  const { metrics } = server.lines().find(({ msg }) => msg === 'looking after') ?? {}
  const told = await (await fetch(`${String(metrics).replace(/\/$/, '')}/metrics`)).text()
  t.true(told.includes('ibuild_retention_removed_total{source="docker"} 2\n'), told)
  t.true(told.includes('ibuild_retention_mirrors{source="store"} 1\n'), told)

  await push(`second in ${wanted}`)
  const [before] = JSON.parse(await gc('mirror --source store --json')) as { digest: string }[]
  for (const source of ['docker', 'store']) {
    const [after] = JSON.parse(await gc(`mirror --now --source ${source} --json`)) as { digest: string }[]
    t.not(after?.digest, before?.digest)
  }
  t.true((await images.list()).includes(wanted))

  const other = ['--source', 'docker', '--host', 'unix:///nosuch/docker.sock', '--json']
  t.like(JSON.parse((await space.ok(['gc', 'policy', 'versions', ...other])).stdout), { length: 1 })
  t.like(JSON.parse(await gc(`policy versions --json --source docker --host ${images.daemon.host}`)), { length: 2 })
  t.is(readdirSync(join(space.root, 'retention/docker')).length, 1, 'who only looked made no state')
  writeFileSync(join(space.folder, 'other.yml'), 'docker: { host: "unix:///nosuch/docker.sock" }')
  const second = await space.ibuild(['gc', 'serve', '--config', join(space.folder, 'other.yml')])
  t.is(second.code, 1)
  t.regex(second.stderr, /another server looks after sources in .*\[SERVER_BUSY\]/)

  writeFileSync(join(space.folder, 'store.yml'), policy('dryRun', wanted))
  writeFileSync(join(space.folder, 'docker.yml'), 'version: 2')
  server.kill('SIGHUP')
  await server.logged(/"version":2[^\n]*another policy|another policy[^\n]*"version":2/)
  await server.logged(/the policy stays as it was/)
  t.like(JSON.parse(await gc('status --source store --json')), { mode: 'dryRun' })
  t.like(JSON.parse(await gc('status --source docker --json')), { mode: 'enforce' })
  t.is(await server.stop(), 0)
})

docker("Sherdock's paths tell of a daemon, and remove what nothing has", async (t) => {
  const { images, ask, gc, server } = await gcServing(t)
  await server.logged(/a plan of retention was applied/)
  const { daemon, tag, create } = images
  const used = await tag('sherdock/used:1', 'used by a container')
  const free = await tag('sherdock/free:1', 'used by nobody')
  await tag('sherdock/free:2', 'used by nobody')
  await create('sherdock/used:1', '--name', 'web', '-v', 'sherdock-used:/data')
  await daemon.docker(['volume', 'create', 'sherdock-orphan'])
  const listed = (await ask('GET', '/api/images?detailed=true')).json as DaemonImage[]
  const [one, two] = [used, free].map((id) => listed.find(({ Id }) => Id === id))
  t.like(one, { RepoTags: ['sherdock/used:1'], InUseBy: ['container web has it (created)'] })
  t.deepEqual([...(two?.RepoTags ?? [])].sort(), ['sherdock/free:1', 'sherdock/free:2'])
  t.is(two?.Layers?.length, 1)
  const containers = (await ask('GET', '/api/containers')).json as { Names: string[]; Volumes: string[] }[]
  t.like(
    containers.find(({ Names }) => Names.includes('web')),
    { Image: 'sherdock/used:1', ImageID: used, Volumes: ['sherdock-used'] },
  )
  const volumes = (await ask('GET', '/api/volumes')).json as { Name: string; InUse: boolean }[]
  t.deepEqual(
    ['sherdock-orphan', 'sherdock-used'].map((name) => volumes.find(({ Name }) => Name === name)?.InUse),
    [false, true],
  )

  const refused = await ask('DELETE', `/api/images/${used}`)
  t.is(refused.status, 409)
  t.regex(refused.text, /RETENTION_GUARDED.*container web has it/)
  t.is((await ask('DELETE', '/api/volumes/sherdock-used')).status, 409)
  const gone = await ask('DELETE', `/api/images/${free.slice('sha256:'.length)}`)
  t.is(gone.status, 200, gone.text)
  t.like(gone.json, { removed: 2, by: 'owner' })
  t.like((await ask('DELETE', '/api/volumes/sherdock-orphan')).json, { removed: 1 })
  const names = await images.list()
  t.deepEqual(
    names.filter((name) => name.startsWith('sherdock/')),
    ['sherdock/used:1'],
  )
  t.false((await images.volumes()).includes('sherdock-orphan'))
  t.is((await ask('DELETE', `/api/images/${free}`)).status, 404)
  t.regex(await gc('history --source docker'), /owner/)

  t.is((await ask('GET', '/api/config')).status, 409, 'a policy of rules')
  await gc('policy revert --source docker')
  const empty = await ask('POST', '/api/config', { ImagesToNotGC: [] })
  t.is(empty.status, 422)
  t.regex(empty.text, /keeps no image at all/)
  const keys = { GCIntervalMinutes: 7, PullIntervalMinutes: 60, ImagesToPull: [], ImagesToNotGC: ['^sherdock/'] }
  t.deepEqual((await ask('POST', '/api/config', keys)).json, keys)
  t.like(JSON.parse(await gc('explain sherdock/used:1 --source docker --json')), { decision: { reason: 'IN_USE' } })
  await daemon.docker(['rm', 'web'])
  t.is(await server.stop(), 0)
})
