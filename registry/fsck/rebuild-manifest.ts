import { definedMembers } from '../../shared/oci/members.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { joinChanges } from '../service/manifest-plan.ts'
import { changedReferences, referencesOf } from '../service/references.ts'
import { referrerRow } from '../service/referrer-row.ts'
import { refersRows } from '../storage/gc-rows.ts'
import { newChange } from '../storage/new-change.ts'
import { doomedRows, holderRows, type ManifestRow, manifestRows, repositoryRows } from '../storage/rows.ts'
import type { ReadManifest } from './read-manifest.ts'
import type { FsckContext } from './types.ts'

/** Writes the rows by which a repository holds a manifest, as a push without tags does. */
export async function rebuildManifest(
  { metadata }: Pick<FsckContext, 'metadata'>,
  name: string,
  read: ReadManifest,
): Promise<true> {
  const { digest, mediaType } = read.manifest
  const [at, change] = [Date.now(), newChange()]
  const subject = read.facts.subject?.digest
  const refersKey = refersRows.key(name, digest)
  const references = {
    manifest: digest,
    references: referencesOf(read.facts),
    before: await metadata.get(refersKey),
  }
  const put: Row[] = [
    manifestRows.row([name, digest], manifestRowOf({ mediaType, at, change }, read)),
    holderRows.row([digest, name], true),
    repositoryRows.row([name], { at, change }),
    ...(subject === undefined ? [] : [referrerRow(name, subject, read)]),
  ]
  await metadata.commit(joinChanges([{ put, remove: [doomedRows.key(digest)] }, changedReferences(name, references)]))
  return true
}

/** The row of a manifest with all that its bytes tell; the rest as in `kept`. */
export function manifestRowOf(kept: Omit<ManifestRow, 'size'>, { manifest, facts }: ReadManifest): ManifestRow {
  const { subject: _subject, artifactType: _artifactType, ...rest } = kept
  const subject = facts.subject?.digest
  return {
    ...rest,
    size: manifest.bytes.byteLength,
    ...(subject !== undefined && { subject, ...definedMembers({ artifactType: facts.artifactType }) }),
  }
}
