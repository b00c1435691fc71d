import { type Digest, hexOf, isDigest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { formatReference, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import type { ImageEntry } from './image-entry.ts'

/** What a query is looked up in. */
export interface ImageCatalog {
  tag(name: string): Digest | undefined
  entries(): readonly ImageEntry[]
}

/** The image that a query means, see `ImageStore.get`. */
export function findImage(query: string, catalog: ImageCatalog): ImageEntry | undefined {
  if (isDigest(query)) return findByDigest(query, catalog)
  const prefix = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(query)?.[1]
  const reference = referenceOf(query, prefix !== undefined)
  const named = reference && findByName(reference, catalog)
  return named ?? (prefix === undefined ? undefined : findByPrefix(prefix, catalog))
}

function findByDigest(digest: Digest, catalog: ImageCatalog): ImageEntry | undefined {
  const entries = catalog.entries()
  return entries.find((entry) => entry.manifest === digest) ?? entries.find((entry) => entry.imageID === digest)
}

/** 64 hex digits are no name, but may be an image ID. */
function referenceOf(query: string, mayBeID: boolean): Reference | undefined {
  try {
    return withDefaultTag(parseReference(query))
  } catch (error) {
    if (mayBeID && isIbuildError(error, 'REFERENCE_INVALID')) return undefined
    throw error
  }
}

/** With a digest the tag means nothing; a tag file of `name@digest` tells which manifest of an index was taken. */
function findByName(reference: Reference, catalog: ImageCatalog): ImageEntry | undefined {
  const { tag: _tag, ...pinned } = reference
  const manifest = catalog.tag(formatReference(reference.digest === undefined ? reference : pinned)) ?? reference.digest
  return manifest === undefined ? undefined : catalog.entries().find((entry) => entry.manifest === manifest)
}

function findByPrefix(prefix: string, catalog: ImageCatalog): ImageEntry | undefined {
  const found = catalog.entries().filter((entry) => hexOf(entry.imageID).startsWith(prefix))
  const ids = new Set(found.map((entry) => entry.imageID))
  if (ids.size <= 1) return found[0]
  const hint = 'Write more digits of the ID.'
  throw new IbuildError('REFERENCE_INVALID', `${prefix} is the start of ${ids.size} image IDs`, { hint })
}
