import type { Digest } from '../../shared/base/digest.ts'
import type { WrittenLayer } from '../layers/layer-writer.ts'
import { scanSnapshot } from '../layers/snapshot-layer.ts'
import type { RootfsView } from '../layers/view.ts'
import type { Store } from '../store/types.ts'
import type { LayerAccess } from './layer-access.ts'
import { extendChain, type LayerChain } from './layer-chain.ts'

/** What a command left: the upper folder of its overlay, and the layers that it ran on. */
export interface Upper {
  readonly dir: string
  readonly chain: LayerChain
}

export interface UpperPlace {
  readonly store: Store
  readonly layers: LayerAccess
  /** No time in a layer is later than this one, in nanoseconds. */
  readonly latest?: bigint | undefined
}

/** What the folder is as a layer, in one pass; nothing is stored. Errors: those of `scanSnapshot`. */
export async function scanUpper({ dir, chain }: Upper, { store, layers, latest }: UpperPlace): Promise<WrittenLayer> {
  store.startWriteBack(dir)
  // Overlayfs marks nearly every new directory opaque: only marks that hide something stay. Most steps have none.
  let view: RootfsView | undefined
  const below = { lstat: (path: string) => (view ??= layers.view(chain)).lstat(path) }
  return scanSnapshot(dir, { below, latest })
}

/** Moves the folder into the store: it is the layer and its snapshot from now on. */
export async function commitUpper({ dir, chain }: Upper, scanned: WrittenLayer, store: Store): Promise<Digest> {
  const { diffID, size, entries } = scanned
  const chainID = extendChain(chain, diffID).chainIDs.at(-1)
  if (chainID === undefined) throw new Error('an extended chain has a chainID')
  await store.layers.commitSnapshot({ diffID, size, chainID, dir, index: entries.encoded })
  return diffID
}
