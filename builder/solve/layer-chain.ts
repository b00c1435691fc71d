import type { Digest } from '../../shared/base/digest.ts'
import { chainIDs, nextChainID } from '../../shared/oci/chain-id.ts'

/** A stack of layers, the base first, with the chainID of every prefix. Immutable. */
export interface LayerChain {
  readonly diffIDs: readonly Digest[]
  readonly chainIDs: readonly Digest[]
}

export const emptyChain: LayerChain = { diffIDs: [], chainIDs: [] }

export function chainOf(diffIDs: readonly Digest[]): LayerChain {
  return { diffIDs, chainIDs: chainIDs(diffIDs) }
}

export function extendChain({ diffIDs, chainIDs: ids }: LayerChain, diffID: Digest): LayerChain {
  return { diffIDs: [...diffIDs, diffID], chainIDs: [...ids, nextChainID(ids.at(-1), diffID)] }
}

/** What names the whole stack in a cache key. */
export function chainKey({ chainIDs: ids }: LayerChain): string {
  return ids.at(-1) ?? 'scratch'
}
