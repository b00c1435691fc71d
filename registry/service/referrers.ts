import { type Digest, isDigest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { type ReferrerRow, referrerRows } from '../storage/rows.ts'
import type { Listing, ManifestService, ReferrersQuery } from './types.ts'

export interface ReferrerParts {
  readonly metadata: RowStore
  readonly manifests: Pick<ManifestService, 'get'>
}

/** Clients read no more of an index than of a manifest: 4 MiB. A page ends before it has so much JSON of descriptors. */
const mostText = 3 * 1024 * 1024

/** {@link RegistryService.referrers}, in the order of artifact types and then of digests. */
export async function listReferrers(
  parts: ReferrerParts,
  at: { readonly name: RepositoryName; readonly subject: Digest },
  { artifactType, page }: ReferrersQuery,
): Promise<Listing<Descriptor>> {
  const { name, subject } = at
  const all = referrerRows.prefix(name, subject)
  const prefix = artifactType === undefined ? all : referrerRows.prefix(name, subject, artifactType)
  const after = page.last === undefined ? undefined : all + page.last
  if (page.count === 0 || (after !== undefined && !after.startsWith(prefix))) return { items: [], next: undefined }
  const rows = await parts.metadata.list({ prefix, limit: page.count + 1, ...(after !== undefined && { after }) })
  const items: Descriptor[] = []
  let text = 0
  for (const [i, row] of rows.slice(0, page.count).entries()) {
    const descriptor = await describe(parts, name, { row, place: row.key.slice(all.length) })
    text += descriptor === undefined ? 0 : JSON.stringify(descriptor).length
    if (text > mostText && items.length > 0) return { items, next: rows[i - 1]?.key.slice(all.length) }
    if (descriptor !== undefined) items.push(descriptor)
  }
  return { items, next: rows.length > page.count ? rows[page.count - 1]?.key.slice(all.length) : undefined }
}

/** Undefined for a damaged row: the others are told. `place` is what a key has after the subject: the type and the digest. */
async function describe(
  { manifests }: ReferrerParts,
  name: RepositoryName,
  { row, place }: { readonly row: Row; readonly place: string },
): Promise<Descriptor | undefined> {
  const [type = '', digest = ''] = place.split(' ')
  const value = readOrNothing<ReferrerRow>(referrerRows, row.key, row.value)
  if (value === undefined || !isDigest(digest)) return undefined
  const annotations = value.isLarge === true ? await largeAnnotations(manifests, name, digest) : value.annotations
  return descriptorOf(value, { digest, annotations, artifactType: type === '' ? undefined : type })
}

interface Described {
  readonly digest: Digest
  readonly artifactType: string | undefined
  readonly annotations: ReferrerRow['annotations'] | undefined
}

function descriptorOf({ mediaType, size }: ReferrerRow, { digest, artifactType, annotations }: Described): Descriptor {
  return { mediaType, digest, size, ...definedMembers({ artifactType, annotations }) }
}

/** Undefined as well when the manifest is damaged: a listing of others is of more use than none. */
async function largeAnnotations(
  manifests: Pick<ManifestService, 'get'>,
  name: RepositoryName,
  digest: Digest,
): Promise<ReferrerRow['annotations'] | undefined> {
  try {
    const { bytes, mediaType } = await manifests.get(name, { digest })
    return parseManifest(bytes, mediaType).annotations
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}
