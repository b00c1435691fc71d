import { statSync } from 'node:fs'
import { join } from 'node:path'
import { openLayerIndex } from '../layers/layer-index.ts'
import { makePlainIndex } from '../layers/plain-index.ts'
import type { IndexForm } from './remote-types.ts'
import type { Store, StoredLayer } from './types.ts'

/** What is known of the plain index of a layer, as the store has the layer now; undefined when it has to be made first. */
export function knownIndex(
  { indexForms }: Pick<Store, 'indexForms'>,
  { diffID, bytes, indexFile }: StoredLayer,
): IndexForm | undefined {
  const forms = indexForms.get(diffID)
  if (bytes.kind !== 'remote') return forms.find(({ own }) => own === true)
  const known = forms.find(({ index }) => index.digest === bytes.index)
  return known ?? { index: { digest: bytes.index, size: statSync(indexFile).size } }
}

/** The same, made where it is not known. Errors: LAYER_INVALID, INDEX_INVALID. */
export async function learnIndex(
  store: Pick<Store, 'indexForms' | 'temp'>,
  layer: StoredLayer,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<IndexForm> {
  const known = knownIndex(store, layer)
  if (known !== undefined) return known
  const folder = await store.temp('index')
  try {
    const records = openLayerIndex(layer.indexFile, { keptBlocks: 1 }).entries()
    const { digest, size } = await makePlainIndex(records, { file: join(folder.dir, 'index'), signal })
    const form = { index: { digest, size }, own: true }
    await store.indexForms.add(layer.diffID, form)
    return form
  } finally {
    await folder.release()
  }
}
