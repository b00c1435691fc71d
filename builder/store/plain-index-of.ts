import { statSync } from 'node:fs'
import { join } from 'node:path'
import { openLayerIndex } from '../layers/layer-index.ts'
import { makePlainIndex, type PlainIndex } from '../layers/plain-index.ts'
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

/** The same, found out in a folder of its own where it is not known. Errors: LAYER_INVALID, INDEX_INVALID. */
export async function learnIndex(
  store: Pick<Store, 'indexForms' | 'temp'>,
  layer: StoredLayer,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<IndexForm> {
  const known = knownIndex(store, layer)
  if (known !== undefined) return known
  const folder = await store.temp('index')
  try {
    const plain = await plainIndexOf(layer, { file: join(folder.dir, 'index'), signal })
    return await rememberOwn(store, layer, plain)
  } finally {
    await folder.release()
  }
}

/** The plain index of a layer; that of one which is elsewhere is in the store as it is. Errors: LAYER_INVALID, INDEX_INVALID. */
export async function plainIndexOf(
  { bytes, indexFile }: StoredLayer,
  options: { readonly file: string; readonly signal?: AbortSignal | undefined },
): Promise<PlainIndex> {
  if (bytes.kind === 'remote')
    return { encoded: { file: indexFile }, digest: bytes.index, size: statSync(indexFile).size }
  return makePlainIndex(openLayerIndex(indexFile, { keptBlocks: 1 }).entries(), options)
}

/** Notes an index that was made of the layer itself; gives it with what was known of it before. */
export async function rememberOwn(
  { indexForms }: Pick<Store, 'indexForms'>,
  { diffID }: Pick<StoredLayer, 'diffID'>,
  { digest, size }: Pick<PlainIndex, 'digest' | 'size'>,
): Promise<IndexForm> {
  const form = { index: { digest, size }, own: true }
  await indexForms.add(diffID, form)
  return indexForms.get(diffID).find(({ index }) => index.digest === digest) ?? form
}
