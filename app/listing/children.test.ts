import { writeFileSync } from 'node:fs'
import test from 'ava'
import { addTarLayer, storeFor } from '../../builder/store/testing/fixture.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import type { HistoryEntry } from '../../shared/oci/config.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { childrenOf } from './children.ts'

async function add(store: Store, layers: readonly string[], history: readonly HistoryEntry[]): Promise<StoredImage> {
  const stored = []
  for (const text of layers) stored.push(await addTarLayer(store, text))
  const { manifest, config } = makeImage(stored, { history })
  return store.images.put(manifest, config)
}

const [from, copy, run] = ['FROM', 'COPY', 'RUN'].map((created_by) => ({ created_by }))
const label = { created_by: 'LABEL', empty_layer: true }

test('children have all layers and the whole history of their parent, and more', async (t) => {
  const store = storeFor(t)
  if (from === undefined || copy === undefined || run === undefined) return t.fail()
  const base = await add(store, ['a', 'b'], [from, copy])
  const child = await add(store, ['a', 'b', 'c'], [from, copy, run])
  const onlyLabel = await add(store, ['a', 'b'], [from, copy, label])
  await add(store, ['a', 'b', 'd'], [from, run, copy])
  await add(store, ['a', 'c'], [from, copy])
  await add(store, ['a'], [from])
  const ids = (images: readonly StoredImage[]): string[] => images.map(({ imageID }) => imageID).sort()
  t.deepEqual(ids(childrenOf(base, store.images.list())), ids([child, onlyLabel]))
  t.deepEqual(childrenOf(child, store.images.list()), [])
})

test('what is damaged is no child and has none', async (t) => {
  const store = storeFor(t)
  if (from === undefined || copy === undefined) return t.fail()
  const base = await add(store, ['a'], [from])
  const child = await add(store, ['a', 'b'], [from, copy])
  writeFileSync(store.blobs.path(child.imageID), '{}')
  t.deepEqual(childrenOf(base, store.images.list()), [])
  const [damaged] = store.images.list().filter(({ imageID }) => imageID === child.imageID)
  t.deepEqual(damaged && childrenOf(damaged, store.images.list()), [])
})
