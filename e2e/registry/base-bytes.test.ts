import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type CountingProxy, startCountingProxy } from '../testing/counting-proxy.ts'
import { needs } from '../testing/needs.ts'
import { type RegistryProgram, startRegistry } from '../testing/registry.ts'
import { startServe } from '../testing/serve.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const layerBytes = 8 << 20

interface Scene {
  readonly proxy: CountingProxy
  readonly space: Workspace
  /** Build context with the file `new`. */
  readonly context: string
}

/** Ours, and those of others. */
type Server = 'ibuild' | RegistryProgram

async function startServer(t: ExecutionContext, server: Server, folder: string): Promise<string> {
  mkdirSync(folder)
  const started = await (server === 'ibuild' ? startServe(folder) : startRegistry(folder, server))
  t.teardown(async () => void (await started.close()))
  return started.host
}

/** A base with a layer of noise, pushed by us to a real registry behind a place that counts. */
async function sceneWith(t: ExecutionContext, server: Server): Promise<Scene> {
  const space = await makeWorkspace(t, { base: true })
  const proxy = await startCountingProxy(t, await startServer(t, server, join(space.folder, 'registry')))
  const base = space.write('base', {
    Dockerfile: 'FROM busybox\nCOPY noise /noise\nCOPY top /\n',
    'top/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nkeeper:x:4711:4712::/:/bin/sh\n',
    'top/data/real/file': 'of the base',
  })
  writeFileSync(join(base, 'noise'), randomBytes(layerBytes))
  symlinkSync('data/real', join(base, 'top/link'))
  await space.ok(['-t', `${proxy.host}/team/base:1`, base])
  await space.ok(['push', `${proxy.host}/team/base:1`])
  const context = space.write('context', { new: 'new\n' })
  writeFileSync(
    join(context, 'Dockerfile'),
    `FROM ${proxy.host}/team/base:1\nCOPY --chown=keeper new /link/\nWORKDIR /link/deeper\n`,
  )
  proxy.reset()
  return { proxy, space, context }
}

function moved({ received, sent }: CountingProxy): number {
  return [...received.values()].reduce((sum, bytes) => sum + bytes, 0) + sent()
}

const at = { env: { SOURCE_DATE_EPOCH: '1700000000' } }

const servers: readonly Server[] = ['ibuild', 'docker-registry', 'distribution']
for (const server of servers) {
  needs(
    test,
    'busybox',
    ...(server === 'ibuild' ? [] : ['root', server]),
  )(`${server}: a build on a base of 8 MiB and its push move a few kilobytes`, async (t) => {
    const { proxy, space, context } = await sceneWith(t, server)
    const fresh = ['--root', join(space.folder, 'fresh')]
    const built = await space.ok([...fresh, '-t', `${proxy.host}/team/app:1`, '--push', context], at)
    t.true(moved(proxy) < 60_000, `${moved(proxy)} bytes: ${JSON.stringify([...proxy.received])}`)

    const whole = ['--root', join(space.folder, 'whole')]
    await space.ok(['pull', ...whole, `${proxy.host}/team/base:1`])
    t.is((await space.ok([...whole, context], at)).stdout, built.stdout, 'the same image as on the whole base')

    proxy.reset()
    await space.ok(['pull', '--root', join(space.folder, 'third'), `${proxy.host}/team/app:1`])
    t.true(moved(proxy) > layerBytes, 'the count counts')
  })
}

needs(
  test,
  'root',
  'busybox',
  'docker-registry',
  'skopeo',
)('a base that another tool pushed is read once; the next build moves a few kilobytes', async (t) => {
  const { proxy, space, context } = await sceneWith(t, 'docker-registry')
  const base = `${proxy.host}/team/base:1`
  await space.ok(['push', '--no-layer-indexes', base, `${proxy.host}/team/base:2`])
  writeFileSync(join(context, 'Dockerfile'), `FROM ${proxy.host}/team/base:2\nCOPY --chown=keeper new /link/\n`)
  const fresh = ['--root', join(space.folder, 'fresh')]
  proxy.reset()
  await space.ok([...fresh, '-t', 'a', context])
  t.true(moved(proxy) > layerBytes)
  proxy.reset()
  writeFileSync(join(context, 'new'), 'newer\n')
  await space.ok([...fresh, '--pull', '-t', `${proxy.host}/team/app:2`, '--push', context])
  t.true(moved(proxy) < 60_000, `${moved(proxy)} bytes`)
})

for (const [how, bring] of [
  ['was copied', (from: string, to: string) => ['copy', `${from}/team/base:1`, `${to}/other/base:1`]],
  ['was joined', (from: string, to: string) => ['index', 'create', `${to}/other/base:1`, `${from}/team/base:1`]],
] as const) {
  needs(test, 'busybox')(
    `a base that ${how} from another registry: the first build moves a few kilobytes`,
    async (t) => {
      const { proxy: from, space, context } = await sceneWith(t, 'ibuild')
      const to = await startCountingProxy(t, await startServer(t, 'ibuild', join(space.folder, 'second')))
      await space.ok(bring(from.host, to.host))
      t.true(moved(to) > layerBytes, 'the count counts')
      to.reset()
      writeFileSync(join(context, 'Dockerfile'), `FROM ${to.host}/other/base:1\nCOPY --chown=keeper new /link/\n`)
      const built = ['--root', join(space.folder, 'fresh'), '-t', `${to.host}/team/app:1`, '--push', context]
      await space.ok(built, at)
      t.true(moved(to) < 60_000, `${moved(to)} bytes: ${JSON.stringify([...to.received])}`)
    },
  )
}
