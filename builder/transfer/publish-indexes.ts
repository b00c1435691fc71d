import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import { type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { indexTypes, listAnnotations } from '../../shared/oci/layer-indexes.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { LayerContents } from '../layers/content.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import type { LayerIndex } from '../layers/index-types.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import { indexPieces, makePlainIndex, type PlainIndex } from '../layers/plain-index.ts'
import { streamHash } from '../layers/stream-hash.ts'
import type { PublishTarget, RepositoryName } from '../ports.ts'
import { needLayer } from '../store/open-layer.ts'
import type { Store, StoredLayer } from '../store/types.ts'
import { diffIDAnnotation, type ListedLayer, mostIndexBytes, mostListBytes, serializeList } from './index-list.ts'
import { isWantedFile, wantedFiles } from './wanted-files.ts'

/** The layer indexes of an image that a repository has now. */
export interface PublishedIndexes {
  /** Belong into the manifest of the image: they name the indexes. */
  readonly annotations: ReadonlyMap<string, string>
  /** Puts them beside the manifest, once the repository has that: so they stay as long as the image does. */
  attach(image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>): Promise<void>
}

export interface PublishIndexesOptions {
  readonly to: RepositoryName
  readonly target: PublishTarget
  readonly signal?: AbortSignal | undefined
}

/** Layers at a time. */
const atOnce = 4

/**
 * Sends the indexes of an image's layers, each once: what the repository has, or another one of its host, is not sent again.
 * Undefined when they are too large to be published. Errors: those of the registry, LAYER_INVALID, INDEX_INVALID.
 */
export async function publishIndexes(
  store: Store,
  diffIDs: readonly Digest[],
  options: PublishIndexesOptions,
): Promise<PublishedIndexes | undefined> {
  const { target, signal } = options
  const folder = await store.temp('indexes')
  try {
    const layers = await inParallel([...new Set(diffIDs)], { atOnce, signal }, async (diffID, stop) =>
      publishIndex(store, diffID, { ...options, signal: stop, folder: folder.dir }),
    )
    const list = serializeList(layers)
    if (list.length > mostListBytes || layers.some(({ index }) => index.size > mostIndexBytes)) return undefined
    const config = { mediaType: indexTypes.list, digest: digestOf(list), size: list.length }
    await target.pushBlob(config, () => piecesOf(list), { signal })
    return {
      annotations: new Map([
        [listAnnotations.digest, config.digest],
        [listAnnotations.size, String(config.size)],
      ]),
      attach: async (image) => attach(target, { image, config, layers }, signal),
    }
  } finally {
    await folder.release()
  }
}

interface Place extends PublishIndexesOptions {
  readonly folder: string
}

async function publishIndex(store: Store, diffID: Digest, place: Place): Promise<ListedLayer> {
  const layer = needLayer(store, diffID)
  const index = openLayerIndex(layer.indexFile, { keptBlocks: 1 })
  const plain = await plainIndexOf(layer, index, place)
  const file = join(place.folder, `${hexOf(diffID)}.zst`)
  const blob = { mediaType: indexTypes.index, ...(await compressed(plain, file, place.signal)) }
  await place.target.pushBlob(blob, () => createReadStream(file), {
    signal: place.signal,
    mountFrom: neighbours(store, diffID, place.to),
  })
  return {
    diffID,
    size: layer.size,
    index: { digest: plain.digest, size: plain.size },
    blob,
    files: filesOf(layer, index),
  }
}

/** That of a layer which is elsewhere is one already. */
async function plainIndexOf(
  { diffID, bytes, indexFile }: StoredLayer,
  index: LayerIndex,
  { folder, signal }: Place,
): Promise<PlainIndex> {
  if (bytes.kind === 'remote')
    return { encoded: { file: indexFile }, digest: bytes.index, size: statSync(indexFile).size }
  return makePlainIndex(index.entries(), { file: join(folder, hexOf(diffID)), signal })
}

/** One frame, the same bytes for equal indexes as long as the zstd inside Node is the same. */
async function compressed(
  { encoded }: PlainIndex,
  file: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = streamHash()
  let size = 0
  const measured = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      hash.update(piece)
      size += piece.length
      yield piece
    }
  }
  await pipeline(indexPieces(encoded), createZstdCompress(), measured, createWriteStream(file), { signal })
  return { digest: hash.digest(), size }
}

/** Other repositories of the host that have the layer, and so perhaps its index. */
function neighbours(store: Store, diffID: Digest, to: RepositoryName): string[] {
  const sources = store.sources.get(diffID).filter(({ domain, path }) => domain === to.domain && path !== to.path)
  return [...new Set(sources.map(({ path }) => path))].slice(0, 2)
}

/**
 * Contents of the small files that builds read from a base; one that cannot be read at once is left away, and so is what somebody
 * else published with an index when it is not what that index says.
 */
function filesOf({ bytes }: StoredLayer, index: LayerIndex): ReadonlyMap<LayerPath, Uint8Array> {
  const contents = new LayerContents(bytes.kind === 'remote' ? { ...bytes, fetch: notFetched } : bytes)
  const found = new Map<LayerPath, Uint8Array>()
  try {
    for (const entry of wantedOf(index)) {
      const content = contents.read(entry)
      if (content instanceof Uint8Array) found.set(entry.path, content)
    }
    return found
  } finally {
    contents.close()
  }
}

function notFetched(): Promise<never> {
  throw new Error('no layer is fetched for the sake of its small files')
}

function* wantedOf(index: LayerIndex): Generator<LayerEntry> {
  for (const path of wantedFiles) {
    const entry = index.lookup(path)
    if (entry !== undefined && isWantedFile(entry)) yield entry
  }
}

interface Attached {
  readonly image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
  readonly config: Descriptor
  readonly layers: readonly ListedLayer[]
}

async function attach(
  target: PublishTarget,
  { image: { mediaType, digest, size }, config, layers }: Attached,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: indexTypes.artifact,
    config,
    layers: layers.map(({ diffID, blob }) => ({ ...blob, annotations: { [diffIDAnnotation]: diffID } })),
    subject: { mediaType, digest, size },
  })
  const manifest = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes }
  await target.putManifest(manifest.digest, manifest, { signal })
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
