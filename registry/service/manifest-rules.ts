import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { RegistryError } from '../protocol/error.ts'
import type { ManifestFacts } from '../protocol/manifest.ts'
import type { Expectation, MetadataStore } from '../storage/metadata-types.ts'
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

/**
 * Rows that must stay as they are until the manifest is stored: those of all that it names and needs.
 * MANIFEST_BLOB_UNKNOWN for what is missing: one, or an `AggregateError` of several.
 */
export async function requireReferences(
  metadata: MetadataStore,
  name: string,
  { facts, sparse }: { readonly facts: ManifestFacts; readonly sparse: Sparse },
): Promise<Expectation[]> {
  const blobs = sparse === 'accept' ? [] : facts.blobs
  const manifests = sparse === 'refuse' ? facts.manifests : []
  const needed = [
    ...blobs.map((descriptor) => ({ descriptor, key: linkRows.key(name, descriptor.digest) })),
    ...manifests.map((descriptor) => ({ descriptor, key: manifestRows.key(name, descriptor.digest) })),
  ]
  if (needed.length === 0) return []
  const values = await metadata.getMany(needed.map(({ key }) => key))
  const missing = needed.filter((_, i) => values[i] === undefined).map(({ descriptor }) => descriptor)
  if (missing.length > 0) throw missingReferences(missing)
  return needed.map(({ key }, i) => ({ key, value: values[i] }))
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
