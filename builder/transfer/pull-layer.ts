import { untilGood } from '../../shared/base/content-tries.ts'
import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import type { ContentOptions } from '../ports.ts'
import { underStepLock } from '../store/step-lock.ts'
import type { Store } from '../store/types.ts'
import { pulledTitle } from './layer-title.ts'
import { keepLayer } from './read-layer.ts'
import { counted, type Transfers } from './transfers.ts'

/** A layer that a registry has. */
export interface RemoteLayer {
  readonly diffID: Digest
  readonly descriptor: Descriptor
  /** Its blob, verified against the descriptor. */
  readonly content: (options: ContentOptions) => AsyncIterable<Uint8Array>
}

export interface PullLayerOptions {
  /** A folder of the store's `temp`. */
  readonly folder: string
  readonly transfers: Transfers
  /** Is told of a published index that was believed and is false. */
  readonly onWarning?: ((warning: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Brings a layer into the store unless it is there; of two processes that want one at once only one fetches it. True when it
 * was fetched, so that its blob is known to hold it. Errors: those of the content, DIGEST_MISMATCH when it has not the diffID, ARCHIVE_INVALID, ARCHIVE_UNSAFE, DISK_FULL.
 */
export async function pullLayer(store: Store, layer: RemoteLayer, options: PullLayerOptions): Promise<boolean> {
  const title = pulledTitle(layer.descriptor)
  const isThere = (): boolean => isWhole(store, layer.diffID)
  const spared = (): false => {
    options.transfers.spared(title, 'already exists')
    return false
  }
  if (isThere()) return spared()
  return underStepLock(store, { key: layer.diffID, signal: options.signal }, async () => {
    if (isThere()) return spared()
    return options.transfers.during(title, layer.descriptor.size, async (moved) => {
      await fetchLayer(store, layer, { ...options, moved })
      return { value: true, result: 'pulled' }
    })
  })
}

/** True when the store has the bytes of a layer, not its index alone. */
function isWhole({ layers }: Store, diffID: Digest): boolean {
  const layer = layers.get(diffID)
  return layer !== undefined && layer.bytes.kind !== 'remote'
}

async function fetchLayer(
  store: Store,
  { diffID, content }: RemoteLayer,
  { folder, signal, moved, onWarning }: PullLayerOptions & { readonly moved: (done: number) => void },
): Promise<void> {
  const isTrue = await untilGood((tries) =>
    keepLayer(store, diffID, { content: counted(content({ signal, tries }), moved), folder, signal, sync: true }),
  )
  if (!isTrue) onWarning?.(`an index of layer ${diffID} that came with another image is false; it is not used any more`)
}
