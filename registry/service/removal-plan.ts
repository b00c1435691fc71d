import type { Digest } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import { pulledRows } from '../storage/pull-rows.ts'
import {
  doomedRows,
  goneRows,
  holderRows,
  type ManifestRow,
  manifestRows,
  repositoryRows,
  type TagRow,
  taggedRows,
  tagRows,
} from '../storage/rows.ts'
import { joinChanges, type ManifestPlan } from './manifest-plan.ts'
import { withoutReferences } from './references.ts'
import { referrerKey } from './referrer-row.ts'
import { changeTag, type TagChanger } from './tag-change.ts'
import { type Condition, requireCondition } from './tag-condition.ts'

/** Who removes something, as far as that is known, and what he wants to be there. */
export interface Removal {
  readonly by?: string | undefined
  readonly condition?: Condition | undefined
}

/** Takes a tag away, and nothing else. Undefined when there is none. PRECONDITION_FAILED, DENIED when it has to stay. */
export async function planTagRemoval(
  changer: TagChanger,
  name: string,
  { tag, by, condition }: Removal & { readonly tag: string },
): Promise<ManifestPlan | undefined> {
  const key = tagRows.key(name, tag)
  const value = await changer.metadata.get(key)
  if (value === undefined) return undefined
  requireCondition(condition, { name, ref: { tag }, now: readOrNothing<TagRow>(tagRows, key, value)?.digest })
  const change = await changeTag(changer, { name, tag, value, by }, undefined)
  return { change, effects: { name, tags: [tag] } }
}

/** Tags in one change at most: of a million the change would take a gigabyte of memory, and all others would wait for it. */
const tagsAtOnce = 1000

/**
 * Takes a manifest from the repository, with its tags; the repository goes with its last manifest. Undefined when there is
 * none. Its bytes are marked as doomed, to be removed unless they are named by somebody else. Whoever sets a tag to the
 * manifest meanwhile writes a row where none is expected here, who pushes another one a row that is. Of one with more tags than go in one change
 * a part of these is taken away, and nothing else. PRECONDITION_FAILED, DENIED when one of its tags has to stay.
 */
export async function planManifestRemoval(
  changer: TagChanger,
  name: string,
  { digest, by, condition }: Removal & { readonly digest: Digest },
): Promise<ManifestPlan | undefined> {
  const { metadata } = changer
  const key = manifestRows.key(name, digest)
  const value = await metadata.get(key)
  if (value === undefined) return undefined
  requireCondition(condition, { name, ref: { digest }, now: digest })
  const mirrors = await metadata.list({ prefix: taggedRows.prefix(name, digest), limit: tagsAtOnce + 1 })
  const keys = mirrors.slice(0, tagsAtOnce).map((row) => row.key)
  const tags = keys.map(lastPart)
  const mirrorless: Change = { remove: keys, expect: [{ key, value }] }
  const untagged = joinChanges([mirrorless, ...(await untag(changer, { name, digest, tags, by }))])
  if (mirrors.length > tagsAtOnce) return { change: untagged, effects: { name, tags }, isPart: true }
  const references = await withoutReferences(metadata, name, digest)
  const record: Change = {
    put: [doomedRows.row([digest], true), ...goneRow(name, digest, { key, value })],
    remove: [key, holderRows.key(digest, name), pulledRows.key(name, digest), ...referrerKey(name, digest, value)],
    expectNone: [taggedRows.prefix(name, digest)],
  }
  const change = joinChanges([untagged, record, references, await withoutManifest(metadata, name, key)])
  return { change, effects: { name, tags, digest } }
}

/** When it went, for those who ask why a tag cannot be set back to it. Nobody asks for what never had a tag. */
function goneRow(name: string, digest: Digest, { key, value }: Row): Row[] {
  const wasTagged = readOrNothing<ManifestRow>(manifestRows, key, value)?.wasTagged === true
  return wasTagged ? [goneRows.row([name, digest], { at: Date.now() })] : []
}

interface Untagged {
  readonly name: string
  readonly digest: Digest
  readonly tags: readonly string[]
  readonly by: string | undefined
}

async function untag(changer: TagChanger, { name, digest, tags, by }: Untagged): Promise<Change[]> {
  const { metadata } = changer
  const keys = tags.map((tag) => tagRows.key(name, tag))
  const values = await metadata.getMany(keys)
  const changes = tags.map(async (tag, i) => {
    const value = values[i]
    const row = value === undefined ? undefined : readOrNothing(tagRows, tagRows.key(name, tag), value)
    return row?.digest === digest ? changeTag(changer, { name, tag, value, by }, undefined) : {}
  })
  return Promise.all(changes)
}

/** Removes the repository, unless it has another manifest; that one must still be there when this one goes. */
async function withoutManifest(metadata: RowStore, name: string, own: string): Promise<Change> {
  const repository = repositoryRows.key(name)
  const value = await metadata.get(repository) // before the list: a push after it writes this row
  const manifests = await metadata.list({ prefix: manifestRows.prefix(name), limit: 2 })
  const other = manifests.find(({ key }) => key !== own)
  if (other !== undefined) return { expect: [other] }
  return { remove: [repository], expect: [{ key: repository, value }] }
}
