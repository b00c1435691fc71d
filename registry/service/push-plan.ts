import { randomBytes } from 'node:crypto'
import { definedMembers } from '../../shared/oci/members.ts'
import type { ManifestFacts } from '../protocol/manifest.ts'
import type { Change, Row } from '../storage/metadata-types.ts'
import { readOrNothing } from '../storage/row-kind.ts'
import { doomedRows, holderRows, type ManifestRow, manifestRows, repositoryRows, tagRows } from '../storage/rows.ts'
import { joinChanges, type ManifestPlan } from './manifest-plan.ts'
import { requireReferences, type Sparse, type Stored } from './manifest-rules.ts'
import { referrerKey, referrerRow } from './referrer-row.ts'
import { changeTag } from './tag-change.ts'
import type { StoredManifest } from './types.ts'

export interface ManifestPush {
  readonly name: string
  readonly manifest: StoredManifest
  readonly facts: ManifestFacts
  readonly tags: readonly string[]
  readonly sparse: Sparse
}

/** The rows of a manifest whose bytes are stored, and of the tags that it is pushed under. MANIFEST_BLOB_UNKNOWN. */
export async function planPush(stored: Stored, push: ManifestPush): Promise<ManifestPlan> {
  const { metadata } = stored
  const { name, manifest, facts, tags, sparse } = push
  const needed = await requireReferences(stored, name, { facts, sparse })
  const key = manifestRows.key(name, manifest.digest)
  const [value, ...tagValues] = await metadata.getMany([key, ...tags.map((tag) => tagRows.key(name, tag))])
  const tagged = await Promise.all(
    tags.map((tag, i) => changeTag(metadata, { name, tag, value: tagValues[i] }, manifest.digest)),
  )
  const before = value === undefined ? undefined : readOrNothing<ManifestRow>(manifestRows, key, value)
  const effects = { name, tags, digest: manifest.digest, stored: manifest }
  // The same bytes may be pushed as another type, where they do not say theirs: then they refer to other things.
  const isKnown = before?.mediaType === manifest.mediaType
  if (isKnown && tagged.every(({ put }) => put === undefined)) return { change: undefined, effects }
  const at = before?.at ?? Date.now()
  const stale = isKnown || value === undefined ? [] : referrerKey(name, manifest.digest, value)
  const record: Change = {
    put: isKnown ? [manifestRow(push, at)] : newRows(push, at),
    remove: [doomedRows.key(manifest.digest), ...stale],
    expect: [...needed, { key, value }],
  }
  return { change: joinChanges([record, ...tagged]), effects }
}

function newRows(push: ManifestPush, at: number): Row[] {
  const { name, manifest, facts } = push
  return [
    repositoryRows.row([name], { at: Date.now(), change: newChange() }),
    manifestRow(push, at),
    holderRows.row([manifest.digest, name], true),
    ...(facts.subject === undefined ? [] : [referrerRow(name, facts.subject.digest, { manifest, facts })]),
  ]
}

function manifestRow({ name, manifest: { digest, mediaType, bytes }, facts }: ManifestPush, at: number): Row {
  return manifestRows.row([name, digest], {
    mediaType,
    size: bytes.byteLength,
    at,
    change: newChange(),
    ...(facts.subject !== undefined && {
      subject: facts.subject.digest,
      ...definedMembers({ artifactType: facts.artifactType }),
    }),
  })
}

function newChange(): string {
  return randomBytes(9).toString('base64url')
}
