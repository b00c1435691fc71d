import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { newChange } from '../storage/new-change.ts'
import { type ManifestRow, manifestRows, sizeInTag, type TagRow, tagRows } from '../storage/rows.ts'
import { joinChanges, type ManifestPlan } from './manifest-plan.ts'
import type { StoredManifest } from './stored-manifest.ts'
import { changeTag, type TagChanger } from './tag-change.ts'

/** What became of a tag that was to be set again: `used` leads elsewhere by now, `gone` has nothing to lead to. */
export type GivenBack = 'set' | 'there already' | 'used' | 'gone'

export interface GiveBackOptions {
  readonly to: Digest
  /** Who asks for it, for the history. */
  readonly by?: string | undefined
}

interface GiveBack {
  readonly name: string
  readonly tag: string
  readonly stored: StoredManifest
  readonly by: string | undefined
}

/** Sets a tag that is not there to a manifest that is; changes nothing else. */
export async function planGiveBack(
  changer: TagChanger,
  { name, tag, stored, by }: GiveBack,
): Promise<{ readonly kind: GivenBack; readonly plan: ManifestPlan }> {
  const { digest } = stored
  const [key, tagKey] = [manifestRows.key(name, digest), tagRows.key(name, tag)]
  const [value, tagValue] = await changer.metadata.getMany([key, tagKey])
  const effects = { name, tags: [tag], digest, stored }
  const nothing = { change: undefined, effects }
  if (tagValue !== undefined) {
    const isSame = readOrNothing<TagRow>(tagRows, tagKey, tagValue)?.digest === digest
    return { kind: isSame ? 'there already' : 'used', plan: nothing }
  }
  if (value === undefined) return { kind: 'gone', plan: nothing }
  const row: ManifestRow = { ...manifestRows.parse(key, value), wasTagged: true, change: newChange() }
  const { size } = sizeInTag(row)
  const marked = { put: [manifestRows.row([name, digest], row)], expect: [{ key, value }] }
  const tagged = await changeTag(changer, { name, tag, value: undefined, by, size }, digest)
  return { kind: 'set', plan: { change: joinChanges([marked, tagged]), effects } }
}
