import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { ManifestFacts } from '../protocol/manifest.ts'
import { type ManifestRow, manifestRows, referrerRows } from '../storage/rows.ts'
import type { StoredManifest } from './stored-manifest.ts'

/** Annotations beyond this, as JSON, are not repeated in the metadata. */
const mostAnnotationText = 2048

/** What a listing of referrers says of a manifest. */
export function referrerRow(
  name: string,
  subject: Digest,
  { manifest, facts }: { readonly manifest: StoredManifest; readonly facts: ManifestFacts },
): Row {
  const { digest, mediaType, bytes } = manifest
  const { annotations, artifactType } = facts
  const isLarge = annotations !== undefined && JSON.stringify(annotations).length > mostAnnotationText
  return referrerRows.row([name, subject, artifactType ?? '', digest], {
    mediaType,
    size: bytes.byteLength,
    ...(isLarge ? { isLarge } : annotations !== undefined && { annotations }),
  })
}

/** The key of the row by which the manifest with this row is a referrer, if it is one. */
export function referrerKey(name: string, digest: Digest, value: string): string[] {
  const row = readOrNothing<ManifestRow>(manifestRows, manifestRows.key(name, digest), value)
  return row?.subject === undefined ? [] : [referrerRows.key(name, row.subject, row.artifactType ?? '', digest)]
}
