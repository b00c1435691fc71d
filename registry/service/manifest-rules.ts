import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type RowKind, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Expectation, RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import type { ManifestFacts } from '../protocol/manifest.ts'
import { linkRows, manifestRows } from '../storage/rows.ts'

/**
 * Which manifests are taken although the repository has not all that they name. `refuse`: none. `index`: indexes without
 * some of their manifests. `accept`: images without some of their blobs as well.
 *
 * `index` is the default. An image whose blobs are missing can be pulled by nobody, and its pusher should hear of it; all
 * clients send blobs first. An index without some of its platforms serves the others, and is what tools make that copy one
 * platform of an image, or push the index before the images. The specification allows each of the three.
 */
export type Sparse = 'refuse' | 'index' | 'accept'

/** Errors in one answer at most. */
const mostErrors = 100

/** Where it is looked up what a repository has. */
export interface Stored {
  readonly metadata: RowStore
  /** True when the driver has so many bytes under the digest. */
  readonly hasBytes: (digest: Digest, size: number) => Promise<boolean>
}

/**
 * Rows that must stay as they are until the manifest is stored: those of all that it names and needs.
 * MANIFEST_BLOB_UNKNOWN for what is missing, also when only its bytes are, as those of a blob that was set aside: one, or an
 * `AggregateError` of several.
 */
export async function requireReferences(
  stored: Stored,
  name: string,
  { facts, sparse }: { readonly facts: ManifestFacts; readonly sparse: Sparse },
): Promise<Expectation[]> {
  const blobs = sparse === 'accept' ? [] : facts.blobs
  const manifests = sparse === 'refuse' ? facts.manifests : []
  const needed = [
    ...blobs.map((descriptor) => ({ descriptor, kind: linkRows, key: linkRows.key(name, descriptor.digest) })),
    ...manifests.map((descriptor) => ({
      descriptor,
      kind: manifestRows,
      key: manifestRows.key(name, descriptor.digest),
    })),
  ]
  if (needed.length === 0) return []
  const values = await stored.metadata.getMany(needed.map(({ key }) => key))
  const isThere = await Promise.all(needed.map(async (each, i) => hasContent(stored, each, values[i])))
  const missing = needed.filter((_, i) => isThere[i] !== true).map(({ descriptor }) => descriptor)
  if (missing.length > 0) throw missingReferences(missing)
  return needed.map(({ key }, i) => ({ key, value: values[i] }))
}

interface Needed {
  readonly descriptor: Descriptor
  readonly kind: Pick<RowKind<never, { readonly size: number }>, 'parse'>
  readonly key: string
}

async function hasContent(
  { hasBytes }: Stored,
  { descriptor, kind, key }: Needed,
  value: string | undefined,
): Promise<boolean> {
  const row = value === undefined ? undefined : readOrNothing(kind, key, value)
  return row !== undefined && hasBytes(descriptor.digest, row.size)
}

function missingReferences(missing: readonly Descriptor[]): Error {
  const errors = missing.slice(0, mostErrors).map(({ digest, mediaType }) => missingReference(digest, mediaType))
  const [first] = errors
  return errors.length === 1 && first !== undefined
    ? first
    : new AggregateError(errors, 'content of the manifest is missing')
}

function missingReference(digest: Digest, mediaType: string): RegistryError {
  return new RegistryError(
    'MANIFEST_BLOB_UNKNOWN',
    `the repository does not have ${digest}: push it before the manifest`,
    {
      detail: { digest, mediaType },
    },
  )
}
