import { algorithmOf, type Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { CompressionChoice } from '../layers/compress/choice.ts'
import { compress } from '../layers/compress/compress.ts'
import { streamHash } from '../layers/stream-hash.ts'
import { needLayer } from '../store/open-layer.ts'
import type { CompressedLayer, Store, StoredLayer } from '../store/types.ts'
import { layerTar } from './layer-tar.ts'

/** A layer in the form in which it leaves the store. */
export interface LayerBlob {
  readonly descriptor: Descriptor
  /** Its bytes; they are what the descriptor says, or reading fails with DIGEST_MISMATCH. */
  open(): AsyncIterable<Uint8Array>
}

export interface LayerBlobOptions {
  /** Without it the layer stays a plain tar. */
  readonly compression?: CompressionChoice | undefined
  readonly signal?: AbortSignal | undefined
}

/** A layer of the store as it is, or its compressed copy, which is made once and kept. Errors: LAYER_INVALID, DIGEST_MISMATCH. */
export async function layerBlob(store: Store, diffID: Digest, options: LayerBlobOptions): Promise<LayerBlob> {
  const { compression, signal } = options
  const [layer = needLayer(store, diffID)] = await store.fetchLayers([diffID], { signal })
  if (compression === undefined) {
    const descriptor = { mediaType: mediaTypes.ociLayer, digest: diffID, size: layer.size }
    return { descriptor, open: () => layerTar(layer) }
  }
  const { digest, size } = await compressedCopy(store, layer, { compression, signal })
  const mediaType = compression.format === 'gzip' ? mediaTypes.ociLayerGzip : mediaTypes.ociLayerZstd
  return { descriptor: { mediaType, digest, size }, open: () => store.blobs.open(digest) }
}

type CopyOptions = LayerBlobOptions & { readonly compression: CompressionChoice }

/** A copy that is damaged is thrown away and made again. */
async function compressedCopy(
  store: Store,
  layer: StoredLayer,
  { compression, signal }: CopyOptions,
): Promise<CompressedLayer> {
  const key = { diffID: layer.diffID, ...compression }
  const known = store.compressed.get(key)
  if (known !== undefined) {
    if (await isIntact(store, known.digest)) return known
    store.compressed.remove(key)
  }
  const { digest, size } = await store.blobs.put(compress(layerTar(layer), compression, { signal }), { replace: true })
  const entry = { ...key, digest, size }
  await store.compressed.put(entry)
  return entry
}

async function isIntact({ blobs }: Store, digest: Digest): Promise<boolean> {
  const hash = streamHash(algorithmOf(digest))
  for await (const piece of blobs.open(digest)) hash.update(piece)
  return hash.digest() === digest
}
