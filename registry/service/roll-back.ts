import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { newChange } from '../storage/new-change.ts'
import { type ManifestRow, manifestRows, sizeInTag, tagRows } from '../storage/rows.ts'
import { joinChanges, type ManifestPlan } from './manifest-plan.ts'
import type { StoredManifest } from './stored-manifest.ts'
import { changeTag, type TagChanger } from './tag-change.ts'

export interface RollBack {
  readonly name: RepositoryName
  readonly tag: string
  /** What the tag is to lead to. */
  readonly stored: StoredManifest
  /** The move that set it so before. */
  readonly restores: number
  readonly by: string | undefined
}

/** Sets a tag to a manifest that is there. Undefined when that was removed. DENIED when the tag has to stay. */
export async function planRollBack(changer: TagChanger, rollBack: RollBack): Promise<ManifestPlan | undefined> {
  const { name, tag, stored, restores, by } = rollBack
  const [key, tagKey] = [manifestRows.key(name, stored.digest), tagRows.key(name, tag)]
  const [value, tagValue] = await changer.metadata.getMany([key, tagKey])
  if (value === undefined) return undefined
  const effects = { name, tags: [tag], digest: stored.digest, stored }
  const row: ManifestRow = { ...manifestRows.parse(key, value), wasTagged: true, change: newChange() }
  const { size } = sizeInTag(row)
  const tagged = await changeTag(changer, { name, tag, value: tagValue, by, restores, size }, stored.digest)
  if (tagged.put === undefined) return { change: undefined, effects }
  const marked = { put: [manifestRows.row([name, stored.digest], row)], expect: [{ key, value }] }
  return { change: joinChanges([marked, tagged]), effects }
}

/** What a tag leads to now. */
export async function digestNow({ metadata }: TagChanger, name: string, tag: string): Promise<Digest | undefined> {
  const key = tagRows.key(name, tag)
  const value = await metadata.get(key)
  return value === undefined ? undefined : readOrNothing(tagRows, key, value)?.digest
}
