import { createReadStream } from 'node:fs'
import { openLayerIndex } from '../layers/layer-index.ts'
import { snapshotTar } from '../layers/snapshot-layer.ts'
import type { StoredLayer } from '../store/types.ts'

/** The exact uncompressed tar of a stored layer, whichever form its bytes have. */
export function layerTar(layer: StoredLayer): AsyncIterable<Uint8Array> {
  if (layer.bytes.kind === 'tar') return createReadStream(layer.bytes.file, { highWaterMark: 1 << 20 })
  return snapshotTar(layer.bytes.dir, openLayerIndex(layer.indexFile))
}
