import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { startRegistry } from '../testing/registry.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

interface Scene {
  readonly space: Workspace
  /** A context whose Dockerfile copies into the base. */
  readonly context: string
  readonly base: string
}

/** A workspace with an empty store, and a base of two layers in a registry. */
async function sceneFor(t: ExecutionContext, flags: readonly string[]): Promise<Scene> {
  const space = await makeWorkspace(t)
  const folder = join(space.folder, 'registry')
  mkdirSync(folder)
  const registry = await startRegistry(folder)
  t.teardown(async () => registry.close())
  const base = `${registry.host}/base:1`
  const home = ['--root', join(space.folder, 'home')]
  const dockerfile = 'FROM scratch\nCOPY Dockerfile /a/\nCOPY Dockerfile /b/\n'
  await space.ok([...home, '-q', '-t', base, space.write('base', { Dockerfile: dockerfile })])
  await space.ok(['push', ...home, '-q', ...flags, base])
  const context = space.write('context', { Dockerfile: `FROM ${base}\nCOPY Dockerfile /b/c/\n` })
  // The build finds a store that is made.
  const lock = await openStore(space.root).lockShared()
  lock.release()
  return { space, context, base }
}

const calls = ['rename']

for (const [what, flags] of [
  ['with published indexes', []],
  ['that is read', ['--no-layer-indexes']],
] as const) {
  needs(
    test.serial,
    'gcc',
    'root',
    'docker-registry',
  )(
    `FROM a base in a registry ${what}, killed at any call: no image is half there, and the next build makes it`,
    async (t) => {
      const { space, context, base } = await sceneFor(t, flags)
      const kills = await crashCommand(t, space, {
        args: ['-t', 'app:1', context],
        calls,
        check: (store, at) => {
          const layers = store.images.get('app:1')?.config.rootfs.diff_ids.length
          t.true(layers === undefined || layers === 3, at)
        },
        checkAgain: (store, at) => {
          t.is(store.images.get('app:1')?.config.rootfs.diff_ids.length, 3, at)
          t.truthy(store.images.get(base), at)
        },
      })
      t.true(kills > 15)
    },
  )
}

needs(
  test.serial,
  'gcc',
  'root',
  'docker-registry',
)('layers that are fetched, killed at any call: the image stays whole, and the next try fetches them', async (t) => {
  const { space, context } = await sceneFor(t, [])
  await space.ok(['-q', '-t', 'app:1', context])
  const app = openStore(space.root).images.get('app:1')?.imageID
  const kills = await crashCommand(t, space, {
    args: ['squash', 'app:1', '-t', 'small'],
    calls,
    check: (store, at) => t.is(store.images.get('app:1')?.imageID, app, at),
    checkAgain: (store, at) => {
      t.is(store.images.get('small')?.config.rootfs.diff_ids.length, 1, at)
      for (const diffID of store.images.get('app:1')?.config.rootfs.diff_ids ?? [])
        t.is(store.layers.get(diffID)?.bytes.kind, 'tar', at)
    },
  })
  t.true(kills > 15)
})
