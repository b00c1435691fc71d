import { isDigest } from '../../shared/base/digest.ts'
import { isObject, type JsonObject } from '../../shared/base/json.ts'
import { learnIndex } from '../store/plain-index-of.ts'
import type { StepRecord, Store } from '../store/types.ts'
import type { LayerChain } from './layer-chain.ts'

/** Where a record keeps them. */
const member = 'believed'

/**
 * The layers of a stack of which the index is only believed, each with the digest of that index; undefined when there is none. Where a
 * COPY goes depends on what they tell. The cache key is the same as with the layers themselves; so a record keeps what was
 * believed, for whoever published a false index must not decide over builds on the same layers that others vouch for.
 */
export function believedIndexes({ layers }: Pick<Store, 'layers'>, { diffIDs }: LayerChain): JsonObject | undefined {
  const believed = diffIDs.flatMap((diffID) => {
    const bytes = layers.get(diffID)?.bytes
    return bytes?.kind === 'remote' && bytes.source === 'published' ? [[diffID, bytes.index] as const] : []
  })
  return believed.length === 0 ? undefined : { [member]: Object.fromEntries(believed) }
}

/** True unless an index that a record was made with is not, as is known now, that of its layer. */
export async function stillBelieved(
  store: Pick<Store, 'layers' | 'indexForms' | 'temp'>,
  { extra }: Pick<StepRecord, 'extra'>,
  signal: AbortSignal,
): Promise<boolean> {
  const believed = extra?.[member]
  for (const [diffID, index] of Object.entries(isObject(believed) ? believed : {})) {
    const layer = isDigest(diffID) ? store.layers.get(diffID) : undefined
    if (layer === undefined || (await learnIndex(store, layer, { signal })).index.digest !== index) return false
  }
  return true
}

/** True for a record that some layer's index was believed for. */
export function wasBelieving({ extra }: Pick<StepRecord, 'extra'>): boolean {
  return extra?.[member] !== undefined
}
