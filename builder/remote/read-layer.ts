import { join } from 'node:path'
import { type Digest, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type ImportedLayer, importLayer } from '../layers/import-layer.ts'
import { makePlainIndex, type PlainIndex } from '../layers/plain-index.ts'
import { rememberOwn } from '../store/plain-index-of.ts'
import type { Store, StoredLayer } from '../store/types.ts'
import { isWantedFile } from '../transfer/wanted-files.ts'

export interface ReadLayerOptions {
  /** A folder of the store's `temp`. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a layer that comes from elsewhere and keeps its bytes. LAYER_INDEX_FALSE when the index that was believed until now tells
 * something else; then the layer is in the store all the same. Other errors: DIGEST_MISMATCH, ARCHIVE_*, those of the content.
 */
export async function keepLayer(
  store: Store,
  diffID: Digest,
  { content, folder, signal }: ReadLayerOptions & { readonly content: AsyncIterable<Uint8Array> },
): Promise<StoredLayer> {
  const believed = store.layers.get(diffID)
  const tarFile = join(folder, `layer-${hexOf(diffID)}`)
  const imported = await importLayer(content, tarFile, { signal, sync: false })
  checkDiffID(imported, diffID)
  const { size, entries } = imported
  const isRemote = believed?.bytes.kind === 'remote'
  const plain = isRemote ? await makePlainIndex(entries, { file: `${tarFile}-plain`, signal }) : undefined
  const layer = await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
  if (believed === undefined || plain === undefined) return layer
  await rememberOwn(store, layer, plain)
  checkIndex(believed, plain)
  return layer
}

/** Reads a layer that comes from elsewhere and keeps its index alone. Errors: DIGEST_MISMATCH, ARCHIVE_*, those of the content. */
export async function indexLayer(
  store: Store,
  diffID: Digest,
  { content, folder, signal }: ReadLayerOptions & { readonly content: AsyncIterable<Uint8Array> },
): Promise<StoredLayer> {
  const file = join(folder, `layer-${hexOf(diffID)}`)
  const imported = await importLayer(content, file, { signal, sync: false, keep: false, wanted: isWantedFile })
  checkDiffID(imported, diffID)
  const plain = await makePlainIndex(imported.entries, { file: `${file}-plain`, signal })
  const { size, contents: files } = imported
  await rememberOwn(store, { diffID }, plain)
  const { encoded: index, digest: indexDigest } = plain
  return store.layers.commitRemote({ diffID, size, index, indexDigest, source: 'read', files })
}

function checkDiffID({ diffID: found, source }: ImportedLayer, diffID: Digest): void {
  if (found === diffID) return
  const message = `the layer ${source.digest} holds ${found}, but the image config says ${diffID}`
  throw new IbuildError('DIGEST_MISMATCH', message, {
    hint: 'The image in the registry is damaged or was tampered with.',
  })
}

function checkIndex({ diffID, bytes, size }: StoredLayer, plain: PlainIndex): void {
  if (bytes.kind !== 'remote' || bytes.index === plain.digest) return
  const message = `the published index of layer ${diffID} (${size} bytes) is false: it does not tell what is in the layer`
  throw new IbuildError('LAYER_INDEX_FALSE', message)
}
