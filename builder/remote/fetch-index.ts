import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { untilGood } from '../../shared/base/content-tries.ts'
import { algorithmOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { indexTypes } from '../../shared/oci/layer-indexes.ts'
import { parseManifest } from '../../shared/oci/manifest.ts'
import { decompress } from '../layers/compression.ts'
import { checkPlainIndex } from '../layers/plain-index.ts'
import { streamHash } from '../layers/stream-hash.ts'
import type { RemoteImage } from '../ports.ts'
import type { Store, StoredLayer } from '../store/types.ts'
import { type ListedLayer, listDescriptor, parseList } from '../transfer/index-list.ts'

interface FetchIndexOptions {
  /** A folder of the store's `temp`. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/**
 * What the publisher of an image says of its layers; nothing when it says nothing. INDEX_INVALID, JSON_INVALID and the errors of
 * the content when it cannot be had or read.
 */
export async function fetchList(remote: RemoteImage, signal: AbortSignal | undefined): Promise<readonly ListedLayer[]> {
  const { annotations } = parseManifest(parseJson(remote.manifest, { what: 'manifest' }))
  const descriptor = listDescriptor(annotations)
  if (descriptor === undefined) return []
  return untilGood(async (tries) => {
    const pieces: Uint8Array[] = []
    for await (const piece of remote.content(descriptor, { signal, tries })) pieces.push(Uint8Array.from(piece))
    return parseList(Buffer.concat(pieces))
  })
}

/** Brings in the index of a layer that a list vouches for; checks all of it. Errors: INDEX_INVALID, ARCHIVE_*, those of the content. */
export async function fetchIndex(
  store: Store,
  { remote, listed }: { readonly remote: RemoteImage; readonly listed: ListedLayer },
  { folder, signal }: FetchIndexOptions,
): Promise<StoredLayer> {
  const { diffID, size, index, blob, files } = listed
  const file = join(folder, `index-${hexOf(diffID)}`)
  await untilGood(async (tries) => {
    const content = remote.content({ ...blob, mediaType: indexTypes.index }, { signal, tries })
    await pipeline(decompress(content, { maxBytes: index.size }), measured(index), createWriteStream(file), { signal })
  })
  await checkPlainIndex(file, { digest: index.digest, scratch: `${file}-again`, signal })
  await store.indexForms.add(diffID, { index, blob: { digest: blob.digest, size: blob.size } })
  const source = 'published'
  return store.layers.commitRemote({ diffID, size, index: { file }, indexDigest: index.digest, source, files })
}

/** Passes what it gets, and fails at the end when it is not what was told. */
function measured({ digest, size }: ListedLayer['index']) {
  return async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const hash = streamHash(algorithmOf(digest))
    let bytes = 0
    for await (const piece of pieces) {
      hash.update(piece)
      bytes += piece.length
      yield piece
    }
    if (bytes === size && hash.digest() === digest) return
    throw new IbuildError('INDEX_INVALID', `the published layer index is not ${digest}, as the list of the image says`)
  }
}
