import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { startRegistry } from '../testing/registry.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

const wanted = ['root', 'gcc', 'docker-registry'] as const

async function registryFor(t: Parameters<typeof makeWorkspace>[0], folder: string): Promise<string> {
  const directory = join(folder, 'registry')
  mkdirSync(directory)
  const registry = await startRegistry(directory)
  t.teardown(() => registry.close())
  return registry.host
}

needs(test, ...wanted)('pull, killed at any call: the name leads to the old image or to the new', async (t) => {
  const other = await makeWorkspace(t)
  const name = `${await registryFor(t, other.folder)}/app:1`
  const context = other.write('context', { Dockerfile: 'FROM scratch\nCOPY a /\nCOPY b /\n', a: 'a', b: 'b' })
  await other.ok(['-t', name, '--push', context])
  const pulled = openStore(other.root).images.get(name)?.imageID

  const space = await makeWorkspace(t)
  await space.ok(['-t', name, space.write('old', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })])
  const old = openStore(space.root).images.get(name)?.imageID
  t.not(pulled, old)
  const kills = await crashCommand(t, space, {
    args: ['pull', name],
    check: (store, at) => {
      t.true(
        store.images.list().some(({ imageID }) => imageID === old),
        `${at}: the old image is there`,
      )
      t.true([old, pulled].includes(store.images.get(name)?.imageID), at)
    },
    checkAgain: (store, at) => t.is(store.images.get(name)?.imageID, pulled, at),
  })
  t.true(kills > 25)
})

needs(test, ...wanted)('push, killed at any call: the store stays whole, and the next push ends', async (t) => {
  const space = await makeWorkspace(t)
  const name = `${await registryFor(t, space.folder)}/app:1`
  await space.ok(['-t', name, space.write('c', { Dockerfile: 'FROM scratch\nCOPY a /\n', a: 'a' })])
  const image = openStore(space.root).images.get(name)?.imageID
  const kills = await crashCommand(t, space, {
    args: ['push', name],
    check: (store, at) => t.is(store.images.get(name)?.imageID, image, at),
    checkAgain: (store, at) => {
      const [layer] = store.images.get(name)?.config.rootfs.diff_ids ?? []
      t.is(layer === undefined ? 0 : store.sources.get(layer).length, 1, at)
    },
  })
  t.true(kills > 3)
})
