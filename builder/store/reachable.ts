import type { Digest } from '../../shared/base/digest.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import type { ContainerStore, ImageStore, LayerStore, RecordStore } from './types.ts'

/** What images, containers and cache records lead to. */
export interface Reachable {
  readonly blobs: ReadonlySet<Digest>
  /** diffIDs. */
  readonly layers: ReadonlySet<Digest>
  /** chainIDs of snapshots. */
  readonly chains: ReadonlySet<Digest>
}

interface Parts {
  readonly images: ImageStore
  readonly containers: ContainerStore
  readonly layers: LayerStore
  readonly records: RecordStore
}

/** Reads every image, container and record. One that is damaged, unless it is a record, is an error (STORE_INVALID), not garbage. */
export function findReachable({ images, containers, layers, records }: Parts): Reachable {
  const kept = containers.list()
  const stored = [...images.list(), ...kept]
  const written = kept.flatMap(({ config, layer }) => (layer === undefined ? [] : [[...config.rootfs.diff_ids, layer]]))
  const stacks = [...stored.map(({ config }) => config.rootfs.diff_ids), ...written]
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
