import { statSync } from 'node:fs'
import type { Digest } from '../../shared/base/digest.ts'
import type { BlobStore } from './blob-store.ts'
import type { KeyedMark } from './snapshot-mark.ts'
import type { LayerStore } from './types.ts'

interface Parts {
  readonly blobs: BlobStore
  readonly layers: LayerStore
  readonly snapshots: { marks(): readonly KeyedMark[] }
}

/** Bytes on disk of the parts of a store, as far as known from file sizes; each file is counted once. */
export interface DiskSizes {
  /** Layer index, and the tar where it has one. */
  readonly layers: ReadonlyMap<Digest, number>
  /** By chainID; taken for as large as the tar of the layer that is extracted there. */
  readonly snapshots: ReadonlyMap<Digest, number>
  /** Manifests, configs and compressed layers; 0 for the second name of a layer's tar. */
  readonly blobs: ReadonlyMap<Digest, number>
}

export function measureStore({ blobs, layers, snapshots }: Parts): DiskSizes {
  const tarSizes = new Map<Digest, number>()
  const layerSizes = new Map<Digest, number>()
  const tars = new Set<Digest>()
  for (const diffID of layers.list()) {
    const layer = layers.get(diffID)
    tarSizes.set(diffID, layer?.size ?? 0)
    if (layer?.bytes.kind === 'tar') tars.add(diffID)
    layerSizes.set(diffID, layer === undefined ? 0 : sizeOf(layer.indexFile) + (tars.has(diffID) ? layer.size : 0))
  }
  return {
    layers: layerSizes,
    snapshots: new Map(snapshots.marks().map(({ chainID, mark }) => [chainID, tarSizes.get(mark.diffID) ?? 0])),
    blobs: new Map(blobs.list().map((digest) => [digest, tars.has(digest) ? 0 : (blobs.stat(digest)?.size ?? 0)])),
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
