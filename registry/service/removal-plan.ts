import type { Digest } from '../../shared/base/digest.ts'
import type { Change, MetadataStore } from '../storage/metadata-types.ts'
import { lastPart, readOrNothing } from '../storage/row-kind.ts'
import { doomedRows, holderRows, manifestRows, repositoryRows, taggedRows, tagRows } from '../storage/rows.ts'
import { joinChanges, type ManifestPlan } from './manifest-plan.ts'
import { referrerKey } from './referrer-row.ts'
import { changeTag } from './tag-change.ts'

/** Takes a tag away, and nothing else. Undefined when there is none. */
export async function planTagRemoval(
  metadata: MetadataStore,
  name: string,
  tag: string,
): Promise<ManifestPlan | undefined> {
  const value = await metadata.get(tagRows.key(name, tag))
  if (value === undefined) return undefined
  const change = await changeTag(metadata, { name, tag, value }, undefined)
  return { change, effects: { name, tags: [tag] } }
}

/** Tags in one change at most: of a million the change would take a gigabyte of memory, and all others would wait for it. */
const tagsAtOnce = 1000

/**
 * Takes a manifest from the repository, with its tags; the repository goes with its last manifest. Undefined when there is
 * none. Its bytes are marked as doomed, to be removed unless they are named by somebody else. Whoever sets a tag to the
 * manifest meanwhile, or pushes another one, writes a row that is expected here. Of one with more tags than go in one change
 * a part of these is taken away, and nothing else.
 */
export async function planManifestRemoval(
  metadata: MetadataStore,
  name: string,
  digest: Digest,
): Promise<ManifestPlan | undefined> {
  const key = manifestRows.key(name, digest)
  const value = await metadata.get(key) // before the list: whoever sets a tag writes this row
  if (value === undefined) return undefined
  const mirrors = await metadata.list({ prefix: taggedRows.prefix(name, digest), limit: tagsAtOnce + 1 })
  const keys = mirrors.slice(0, tagsAtOnce).map((row) => row.key)
  const tags = keys.map(lastPart)
  const mirrorless: Change = { remove: keys, expect: [{ key, value }] }
  const untagged = joinChanges([mirrorless, ...(await untag(metadata, { name, digest, tags }))])
  if (mirrors.length > tagsAtOnce) return { change: untagged, effects: { name, tags }, isPart: true }
  const record: Change = {
    put: [doomedRows.row([digest], true)],
    remove: [key, holderRows.key(digest, name), ...referrerKey(name, digest, value)],
  }
  const change = joinChanges([untagged, record, await withoutManifest(metadata, name, key)])
  return { change, effects: { name, tags, digest } }
}

async function untag(
  metadata: MetadataStore,
  { name, digest, tags }: { readonly name: string; readonly digest: Digest; readonly tags: readonly string[] },
): Promise<Change[]> {
  const keys = tags.map((tag) => tagRows.key(name, tag))
  const values = await metadata.getMany(keys)
  const changes = tags.map(async (tag, i) => {
    const value = values[i]
    const row = value === undefined ? undefined : readOrNothing(tagRows, tagRows.key(name, tag), value)
    return row?.digest === digest ? changeTag(metadata, { name, tag, value }, undefined) : {}
  })
  return Promise.all(changes)
}

/** Removes the repository, unless it has another manifest; that one must still be there when this one goes. */
async function withoutManifest(metadata: MetadataStore, name: string, own: string): Promise<Change> {
  const repository = repositoryRows.key(name)
  const value = await metadata.get(repository) // before the list: a push after it writes this row
  const manifests = await metadata.list({ prefix: manifestRows.prefix(name), limit: 2 })
  const other = manifests.find(({ key }) => key !== own)
  if (other !== undefined) return { expect: [other] }
  return { remove: [repository], expect: [{ key: repository, value }] }
}
