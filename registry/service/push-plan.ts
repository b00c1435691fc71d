import type { Digest } from '../../shared/base/digest.ts'
import { isIndexType } from '../../shared/oci/media-types.ts'
import { definedMembers } from '../../shared/oci/members.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row } from '../../shared/rows/row-store.ts'
import type { ManifestFacts } from '../protocol/manifest.ts'
import type { ManifestRef, RepositoryName } from '../protocol/names.ts'
import { looseRows, refersRows } from '../storage/gc-rows.ts'
import { newChange } from '../storage/new-change.ts'
import {
  doomedRows,
  goneRows,
  holderRows,
  type ManifestRow,
  manifestRows,
  sizeInTag,
  type TagRow,
  tagRows,
} from '../storage/rows.ts'
import { joinChanges, type ManifestPlan } from './manifest-plan.ts'
import { requireReferences, type Sparse, type Stored } from './manifest-rules.ts'
import { areReferencesKnown, changedReferences, referencesOf } from './references.ts'
import { referrerKey, referrerRow } from './referrer-row.ts'
import type { StoredManifest } from './stored-manifest.ts'
import { changedRepository, changeTag, type TagChanger } from './tag-change.ts'
import { type Condition, requireCondition } from './tag-condition.ts'

export interface ManifestPush {
  readonly name: RepositoryName
  readonly manifest: StoredManifest
  readonly facts: ManifestFacts
  readonly tags: readonly string[]
  readonly sparse: Sparse
  /** When it was pushed where it comes from; now unless given. */
  readonly at?: number | undefined
  /** By what it is pushed, and what the condition is about: one of the tags, or the digest. */
  readonly ref: ManifestRef
  readonly condition?: Condition | undefined
  readonly by?: string | undefined
}

/**
 * The rows of a manifest whose bytes are stored, and of the tags that it is pushed under. MANIFEST_BLOB_UNKNOWN;
 * PRECONDITION_FAILED; DENIED when one of the tags leads elsewhere and has to stay.
 */
export async function planPush(stored: Stored & TagChanger, push: ManifestPush): Promise<ManifestPlan> {
  const { metadata } = stored
  const { name, manifest, facts, tags, sparse, ref, condition, by } = push
  const key = manifestRows.key(name, manifest.digest)
  const [value, refers, loose, ...tagValues] = await metadata.getMany([
    key,
    refersRows.key(name, manifest.digest),
    looseRows.key(name, manifest.digest),
    ...tags.map((tag) => tagRows.key(name, tag)),
  ])
  const before = value === undefined ? undefined : readOrNothing<ManifestRow>(manifestRows, key, value)
  const now = 'tag' in ref ? digestIn(name, ref.tag, tagValues[tags.indexOf(ref.tag)]) : before && manifest.digest
  requireCondition(condition, { name, ref, now, after: manifest.digest })
  const { size } = sizeInTag({ size: manifest.bytes.byteLength, ...contentOf(push) })
  const tagged = await Promise.all(
    tags.map((tag, i) => changeTag(stored, { name, tag, value: tagValues[i], by, at: push.at, size }, manifest.digest)),
  )
  const needed = await requireReferences(stored, name, { facts, sparse })
  const effects = { name, tags, digest: manifest.digest, stored: manifest }
  // The same bytes may be pushed as another type, where they do not say theirs: then they refer to other things.
  const isKnown = before?.mediaType === manifest.mediaType && areReferencesKnown(name, manifest.digest, refers)
  const isLoose = loose !== undefined && tags.length === 0 // without a tag it stays for a while: from now on
  if (isKnown && !isLoose && tagged.every(({ put }) => put === undefined)) return { change: undefined, effects }
  const kept = { at: before?.at ?? push.at ?? Date.now(), wasTagged: tags.length > 0 || before?.wasTagged === true }
  const stale = isKnown || value === undefined ? [] : referrerKey(name, manifest.digest, value)
  // Of pushes of several tags at once none writes what another one expects: their rows share a sync.
  const isSame = isKnown && !isLoose && before.wasTagged === true
  const known = isSame ? [] : [manifestRow(push, kept)]
  const record: Change = {
    put: isKnown ? known : newRows(push, kept),
    remove: [doomedRows.key(manifest.digest), goneRows.key(name, manifest.digest), ...stale],
    expect: [...needed, { key, value }],
  }
  const references = { manifest: manifest.digest, references: referencesOf(facts), before: refers }
  return { change: joinChanges([record, isKnown ? {} : changedReferences(name, references), ...tagged]), effects }
}

function digestIn(name: string, tag: string, value: string | undefined): Digest | undefined {
  return value === undefined ? undefined : readOrNothing<TagRow>(tagRows, tagRows.key(name, tag), value)?.digest
}

type Kept = Pick<ManifestRow, 'at' | 'wasTagged'>

function newRows(push: ManifestPush, kept: Kept): Row[] {
  const { name, manifest, facts } = push
  return [
    changedRepository(name),
    manifestRow(push, kept),
    holderRows.row([manifest.digest, name], true),
    ...(facts.subject === undefined ? [] : [referrerRow(name, facts.subject.digest, { manifest, facts })]),
  ]
}

function manifestRow({ name, manifest: { digest, mediaType, bytes }, facts }: ManifestPush, kept: Kept): Row {
  return manifestRows.row([name, digest], {
    mediaType,
    size: bytes.byteLength,
    at: kept.at,
    change: newChange(),
    ...contentOf({ manifest: { mediaType }, facts }),
    ...(kept.wasTagged === true && { wasTagged: true }),
    ...(facts.subject !== undefined && {
      subject: facts.subject.digest,
      ...definedMembers({ artifactType: facts.artifactType }),
    }),
  })
}

interface Contentful {
  readonly manifest: Pick<StoredManifest, 'mediaType'>
  readonly facts: Pick<ManifestFacts, 'blobs' | 'pinned'>
}

/** Bytes of the blobs, each of which is there once, where it names nothing else. */
function contentOf({ manifest, facts: { blobs, pinned } }: Contentful): Pick<ManifestRow, 'content'> {
  if (isIndexType(manifest.mediaType) || pinned.length > 0) return {}
  return { content: blobs.reduce((sum, { size }) => sum + size, 0) }
}
