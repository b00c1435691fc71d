import type { Digest } from '../../shared/base/digest.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import type { ImageStore, LayerStore, RecordStore } from './types.ts'

/** What images, and cache records, lead to. */
export interface Reachable {
  readonly blobs: ReadonlySet<Digest>
  /** diffIDs. */
  readonly layers: ReadonlySet<Digest>
  /** chainIDs of snapshots. */
  readonly chains: ReadonlySet<Digest>
}

interface Parts {
  readonly images: ImageStore
  readonly layers: LayerStore
  readonly records: RecordStore
}

/** Reads every image and record. An image that is damaged is an error (STORE_INVALID), not garbage. */
export function findReachable({ images, layers, records }: Parts): Reachable {
  const stored = images.list()
  const stacks = stored.map((image) => image.config.rootfs.diff_ids)
  const cached = records.list().flatMap((key) => records.get(key)?.diffID ?? [])
  const diffIDs = new Set([...stacks.flat(), ...cached])
  const chains = [...diffIDs].flatMap((diffID) => {
    const bytes = layers.get(diffID)?.bytes
    return bytes?.kind === 'snapshot' ? [bytes.chainID] : []
  })
  return {
    blobs: new Set(
      stored.flatMap(({ manifestDigest, imageID, manifest }) => [
        manifestDigest,
        imageID,
        ...manifest.layers.map((layer) => layer.digest),
      ]),
    ),
    layers: diffIDs,
    chains: new Set([...chains, ...stacks.flatMap((stack) => chainIDs(stack))]),
  }
}
