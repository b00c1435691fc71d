import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { addImage, addTarLayer, folderFor } from '../../builder/store/testing/fixture.ts'
import type { Store } from '../../builder/store/types.ts'
import type { ItemFacts, ItemName } from '../../retention/facts.ts'
import type { Inventory } from '../../retention/ports.ts'
import { inventorySuite } from '../../retention/testing/inventory-contract.ts'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { fullName } from '../../shared/base/reference.ts'
import { createStoreInventory } from './store-inventory.ts'

const noWants = { created: false, labels: false, signatures: false }
const allWants = { created: true, labels: true, signatures: true }

function openBoth(t: ExecutionContext, patience?: number): { readonly store: Store; readonly inventory: Inventory } {
  const root = join(folderFor(t), 'root')
  return { store: openStore(root), inventory: createStoreInventory({ root, patience }) }
}

async function itemsOf(inventory: Inventory): Promise<ItemFacts[]> {
  const found: ItemFacts[] = []
  for await (const { repository } of inventory.repositories()) {
    for await (const page of inventory.items(repository, noWants)) found.push(...page)
  }
  return found
}

async function namesIn(inventory: Inventory): Promise<readonly string[]> {
  return (await itemsOf(inventory)).map(({ kind, repository, name }) => `${kind} ${repository} ${name}`)
}

/** Keeps a container that an image was run in. */
async function addContainer(store: Store, name: string, image: string): Promise<void> {
  const found = store.images.get(image)
  if (found === undefined) throw new Error(`no image ${image}`)
  const { manifestDigest, imageID } = found
  await store.containers.add({
    name,
    manifestDigest,
    imageID,
    layer: undefined,
    command: ['x'],
    exitCode: 0,
    created: 1,
  })
}

inventorySuite(test, {
  name: 'store',
  make: async (t) => {
    const { store, inventory } = openBoth(t)
    return {
      inventory,
      tag: async (repository, tag, text) => {
        const { manifestDigest } = await addImage(store, text)
        await store.tags.set(fullName(`${repository}:${tag}`), manifestDigest)
        return manifestDigest
      },
      loosen: async (repository, tag) => void (await store.tags.remove(fullName(`${repository}:${tag}`))),
      use: async (repository, tag) => addContainer(store, 'user', fullName(`${repository}:${tag}`)),
    }
  },
})

/** Records what a step made, long ago. */
async function addRecord(
  store: Store,
  step: string,
  { usedAt, layer }: { usedAt: number; layer?: string },
): Promise<string> {
  const key = digestOf(step)
  const diffID = layer === undefined ? undefined : (await addTarLayer(store, layer)).diffID
  await store.records.put(key, { version: 1, step, parts: [], created: 5, ...(diffID !== undefined && { diffID }) })
  const hex = hexOf(key)
  utimesSync(join(store.root, 'records', hex.slice(0, 2), hex), usedAt / 1000, usedAt / 1000)
  return key
}

const recordOf = (name: string): ItemName => ({ kind: 'cache', repository: '', name })

test('names are as people write them; digests are names where there is no tag', async (t) => {
  const { store, inventory } = openBoth(t)
  const { manifestDigest: both } = await addImage(store, 'both', 'app:1')
  await store.tags.set(`docker.io/library/app@${digestOf('index')}`, both)
  const { manifestDigest: pulled } = await addImage(store, 'pulled')
  await store.tags.set(`host:5000/team/x@${digestOf('other')}`, pulled)
  const { manifestDigest: loose } = await addImage(store, 'loose')
  t.deepEqual(await namesIn(inventory), [
    `untagged <none> ${loose}`,
    'tag app 1',
    `untagged host:5000/team/x ${digestOf('other')}`,
  ])
  const item: ItemName = { kind: 'untagged', repository: 'host:5000/team/x', name: digestOf('other') }
  const removal = await inventory.remove(item, { digest: pulled, by: 'ann' })
  t.true(removal.kind === 'removed' && removal.freed > 0)
  t.is(store.images.get(pulled), undefined)
})

test('a tag is as old as what it leads to is there, and what is asked for is told', async (t) => {
  const { store, inventory } = openBoth(t)
  const before = Date.now() - 1000
  await addImage(store, 'a', 'app:1')
  const item = await inventory.item({ kind: 'tag', repository: 'app', name: '1' }, allWants)
  t.true((item?.pushedAt ?? 0) > before)
  t.is(item?.createdAt, undefined, 'made in 1970, as images of tests are')
  t.deepEqual(item?.labels, {})
  t.is(item?.pulledAt, undefined)
})

test('records of the cache come first, with when they were used; they go with what only they have', async (t) => {
  const { store, inventory } = openBoth(t)
  await addImage(store, 'shared', 'app:1')
  const alone = await addRecord(store, 'RUN alone', { usedAt: 1_700_000_000_000, layer: 'of the cache alone' })
  const shared = await addRecord(store, 'RUN shared', { usedAt: 1_800_000_000_000, layer: 'shared' })
  const items = await itemsOf(inventory)
  t.deepEqual(
    items.map(({ kind, name, pulledAt }) => [kind, name, pulledAt]),
    [
      ...[[alone, 1_700_000_000_000] as const, [shared, 1_800_000_000_000] as const]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, at]) => ['cache', name, at]),
      ['tag', '1', undefined],
    ],
  )
  const freed = await inventory.freedBy([recordOf(alone), recordOf(shared)])
  t.is(freed.shared, 'shared'.length)
  t.deepEqual(freed.sharedWith, ['app:1'])
  const both = await Promise.all(
    [alone, shared].map(async (key) => inventory.remove(recordOf(key), { digest: key, by: 'ann' })),
  )
  t.deepEqual(
    both.map(({ kind }) => kind),
    ['removed', 'removed'],
  )
  t.true(both.reduce((sum, one) => sum + ('freed' in one ? one.freed : 0), 0) >= freed.bytes)
  t.deepEqual(await namesIn(inventory), ['tag app 1'])
  t.is(store.layers.get(digestOf('of the cache alone')), undefined)
  t.not(store.layers.get(digestOf('shared')), undefined)
  t.deepEqual(await inventory.remove(recordOf(alone), { digest: alone, by: 'ann' }), { kind: 'gone' })
})

test('what the build cache has too is not freed by an image', async (t) => {
  const { store, inventory } = openBoth(t)
  await addImage(store, 'cached', 'app:1')
  await addRecord(store, 'RUN cached', { usedAt: Date.now(), layer: 'cached' })
  const freed = await inventory.freedBy([{ kind: 'tag', repository: 'app', name: '1' }])
  t.is(freed.shared, 'cached'.length)
  t.deepEqual(freed.sharedWith, ['the build cache'])
})

test('while something is built, names go, and what needs a sweep waits until its patience ends', async (t) => {
  const { store, inventory } = openBoth(t, 50)
  const { manifestDigest: named } = await addImage(store, 'named', 'app:1')
  const { manifestDigest: loose } = await addImage(store, 'loose')
  const lock = await store.lockShared()
  const removal = await inventory.remove({ kind: 'tag', repository: 'app', name: '1' }, { digest: named, by: 'ann' })
  t.deepEqual(removal, { kind: 'removed', freed: 0 })
  const item: ItemName = { kind: 'untagged', repository: '<none>', name: loose }
  await t.throwsAsync(async () => inventory.remove(item, { digest: loose, by: 'ann' }), {
    message: /in use by a build/,
  })
  t.not(store.images.get(loose), undefined)
  lock.release()
  const after = await inventory.remove(item, { digest: loose, by: 'ann' })
  t.true(after.kind === 'removed' && after.freed > 'named'.length, 'what the name left behind went with it')
})

test('a damaged image stops all', async (t) => {
  const { store, inventory } = openBoth(t)
  await addImage(store, 'fine', 'app:1')
  const { manifestDigest } = await addImage(store, 'damaged', 'app:2')
  rmSync(store.blobs.path(manifestDigest))
  await t.throwsAsync(async () => itemsOf(inventory), { code: 'STORE_INVALID', message: /app:2.*damaged/ })
})

test('a folder that is not there yet has nothing', async (t) => {
  const { inventory } = openBoth(t)
  t.deepEqual(await namesIn(inventory), [])
  t.deepEqual(await inventory.remove(recordOf(digestOf('x')), { digest: digestOf('x'), by: 'ann' }), { kind: 'gone' })
})
