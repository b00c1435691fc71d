import { join } from 'node:path'
import { type Digest, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { type ImportedLayer, importLayer } from '../layers/import-layer.ts'
import { makePlainIndex } from '../layers/plain-index.ts'
import { rememberOwn } from '../store/plain-index-of.ts'
import type { Store } from '../store/types.ts'
import { isWantedFile } from './wanted-files.ts'

export interface ReadLayerOptions {
  /** A folder of the store's `temp`. */
  readonly folder: string
  readonly content: AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a layer that comes from elsewhere and keeps its bytes; `sync` has them on the disk before others are read. False when the index
 * that was believed until now tells something else: it is not believed any more. Errors: DIGEST_MISMATCH, ARCHIVE_*, those
 * of the content.
 */
export async function keepLayer(
  store: Store,
  diffID: Digest,
  { content, folder, signal, sync = false }: ReadLayerOptions & { readonly sync?: boolean },
): Promise<boolean> {
  const believed = believedIndex(store, diffID)
  const tarFile = join(folder, `layer-${hexOf(diffID)}`)
  const imported = await importLayer(content, tarFile, { signal, sync })
  checkDiffID(imported, diffID)
  const { size, entries } = imported
  const options = { file: `${tarFile}-plain`, signal }
  const plain = believed === undefined ? undefined : await makePlainIndex(entries, options)
  await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
  if (plain !== undefined) await rememberOwn(store, { diffID }, plain)
  return believed === plain?.digest
}

/** Reads a layer that comes from elsewhere and keeps its index alone. Result and errors are those of {@link keepLayer}. */
export async function indexLayer(
  store: Store,
  diffID: Digest,
  { content, folder, signal }: ReadLayerOptions,
): Promise<boolean> {
  const believed = believedIndex(store, diffID)
  const file = join(folder, `layer-${hexOf(diffID)}`)
  const imported = await importLayer(content, file, { signal, sync: false, keep: false, wanted: isWantedFile })
  checkDiffID(imported, diffID)
  const plain = await makePlainIndex(imported.entries, { file: `${file}-plain`, signal })
  const { size, contents: files } = imported
  await rememberOwn(store, { diffID }, plain)
  const { encoded: index, digest: indexDigest } = plain
  await store.layers.commitRemote({ diffID, size, index, indexDigest, source: 'read', files })
  return believed === undefined || believed === indexDigest
}

/** Of a layer of which only the index is here. */
function believedIndex({ layers }: Store, diffID: Digest): Digest | undefined {
  const bytes = layers.get(diffID)?.bytes
  return bytes?.kind === 'remote' ? bytes.index : undefined
}

function checkDiffID({ diffID: found, source }: ImportedLayer, diffID: Digest): void {
  if (found === diffID) return
  const message = `the layer ${source.digest} holds ${found}, but the image config says ${diffID}`
  throw new IbuildError('DIGEST_MISMATCH', message, {
    hint: 'The image in the registry is damaged or was tampered with.',
  })
}
