import { createReadStream } from 'node:fs'
import { algorithmOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import { snapshotTar } from '../layers/snapshot-layer.ts'
import { streamHash } from '../layers/stream-hash.ts'
import type { StoredLayer } from '../store/types.ts'

/**
 * The exact uncompressed tar of a stored layer, whichever form its bytes have; they are here. DIGEST_MISMATCH, at the end at the latest,
 * when the stored bytes are damaged.
 */
export function layerTar(layer: StoredLayer): AsyncIterable<Uint8Array> {
  if (layer.bytes.kind === 'remote') throw new Error(`layer ${layer.diffID} was not fetched before it was read`)
  if (layer.bytes.kind === 'tar') return verifiedTar(layer, layer.bytes.file)
  return snapshotTar(layer.bytes.dir, openLayerIndex(layer.indexFile))
}

async function* verifiedTar({ diffID }: StoredLayer, file: string): AsyncGenerator<Uint8Array> {
  const hash = streamHash(algorithmOf(diffID))
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(piece)
    yield piece
  }
  const found = hash.digest()
  if (found === diffID) return
  throw new IbuildError(
    'DIGEST_MISMATCH',
    `layer ${diffID} of the store is damaged: its bytes have the digest ${found}`,
    {
      hint: 'Remove the images with ibuild rmi, then ibuild prune --all, and build or load them again.',
    },
  )
}
