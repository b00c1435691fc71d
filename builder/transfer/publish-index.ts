import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import { type Digest, hexOf } from '../../shared/base/digest.ts'
import { indexTypes } from '../../shared/oci/layer-indexes.ts'
import { LayerContents } from '../layers/content.ts'
import type { LayerPath } from '../layers/entry.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import { indexPieces, type PlainIndex } from '../layers/plain-index.ts'
import { streamHash } from '../layers/stream-hash.ts'
import type { PublishTarget, RepositoryName } from '../ports.ts'
import { needLayer } from '../store/open-layer.ts'
import { knownIndex, plainIndexOf, rememberOwn } from '../store/plain-index-of.ts'
import type { SizedDigest } from '../store/remote-types.ts'
import type { Store, StoredLayer } from '../store/types.ts'
import type { ListedLayer } from './index-list.ts'
import { spareBlob } from './spare-blob.ts'
import { isWantedFile, wantedFiles } from './wanted-files.ts'

export interface PublishIndexOptions {
  readonly to: RepositoryName
  readonly target: PublishTarget
  /** A folder of the store's `temp`. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes the index of a layer one of a repository, and tells what a list says of it. An index whose blob is known, because it was
 * sent or came from a registry before, is asked for first: it is made and compressed only when no repository has it.
 * Errors: those of the registry, LAYER_INVALID, INDEX_INVALID.
 */
export async function publishIndex(store: Store, diffID: Digest, options: PublishIndexOptions): Promise<ListedLayer> {
  const layer = needLayer(store, diffID)
  const { index, blob } = await publishForm(store, layer, options)
  return { diffID, size: layer.size, index, blob: { mediaType: indexTypes.index, ...blob }, files: filesOf(layer) }
}

interface PublishedForm {
  readonly index: SizedDigest
  readonly blob: SizedDigest
}

async function publishForm(store: Store, layer: StoredLayer, options: PublishIndexOptions): Promise<PublishedForm> {
  const { to, target, folder, signal } = options
  const { diffID } = layer
  const file = join(folder, hexOf(diffID))
  let made: Promise<PlainIndex> | undefined
  const make = async (): Promise<PlainIndex> => (made ??= plainIndexOf(layer, { file, signal }))
  const form = knownIndex(store, layer) ?? (await rememberOwn(store, layer, await make()))
  const { index } = form
  const { isNew, isKnown, mountFrom } = neighbours(store, diffID, to)
  if (form.blob !== undefined && (await spareBlob(target, { digest: form.blob.digest, isKnown, mountFrom }, signal)))
    return { index, blob: form.blob }
  const packed = `${file}.zst`
  const blob = await compressed(await make(), packed, signal)
  const isMissing = isNew || blob.digest === form.blob?.digest
  const how = { signal, ...(isMissing ? { isMissing } : { mountFrom }) }
  await target.pushBlob({ mediaType: indexTypes.index, ...blob }, () => createReadStream(packed), how)
  await store.indexForms.add(diffID, { index, blob })
  return { index, blob }
}

/** One frame, the same bytes for equal indexes as long as the zstd inside Node is the same. */
async function compressed(
  { encoded }: PlainIndex,
  file: string,
  signal: AbortSignal | undefined,
): Promise<SizedDigest> {
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

/** Where the layer, and so perhaps its index, is known to be: nowhere at all, in this repository, in others of its host. */
interface Neighbours {
  readonly isNew: boolean
  readonly isKnown: boolean
  readonly mountFrom: readonly string[]
}

function neighbours({ sources }: Store, diffID: Digest, to: RepositoryName): Neighbours {
  const all = sources.get(diffID)
  const paths = new Set(all.filter(({ domain }) => domain === to.domain).map(({ path }) => path))
  return { isNew: all.length === 0, isKnown: paths.delete(to.path), mountFrom: [...paths].slice(0, 2) }
}

/**
 * Contents of the small files that builds read from a base; one that cannot be read at once is left away, and so is what somebody
 * else published with an index when it is not what that index says.
 */
function filesOf({ bytes, indexFile }: StoredLayer): ReadonlyMap<LayerPath, Uint8Array> {
  const index = openLayerIndex(indexFile, { keptBlocks: 1 })
  const contents = new LayerContents(bytes.kind === 'remote' ? { ...bytes, fetch: notFetched } : bytes)
  const found = new Map<LayerPath, Uint8Array>()
  try {
    for (const path of wantedFiles) {
      const entry = index.lookup(path)
      const content = entry !== undefined && isWantedFile(entry) ? contents.read(entry) : undefined
      if (content instanceof Uint8Array) found.set(path, content)
    }
    return found
  } finally {
    contents.close()
  }
}

function notFetched(): Promise<never> {
  throw new Error('no layer is fetched for the sake of its small files')
}
