import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import { companionTags } from '../protocol/companion-tags.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { joinChanges } from '../service/manifest-plan.ts'
import { readReferences, referredDigests } from '../service/references.ts'
import { reviewRow } from '../service/review-changes.ts'
import { changeTag } from '../service/tag-change.ts'
import { refersRows } from '../storage/gc-rows.ts'
import { manifestRows, type TagRow, tagRows } from '../storage/rows.ts'
import { freedBytes } from './freed-bytes.ts'
import { keeperOfManifest } from './keepers.ts'
import type { Review } from './queue.ts'
import { askRoots } from './roots.ts'
import type { SweepParts } from './sweep-types.ts'
import type { GcRoots } from './types.ts'

/** What follows from a purge is looked at in the same round: each look is due before now, and behind the one that it follows from. */
const [longBefore, behind] = [60_000, 1000]

/** When a look that is part of a purge is tried again, where it was in another one's way: in the same round, too. */
export function triedAgainAt({ at }: Review): number {
  return at + behind
}

type PurgeParts = SweepParts & { readonly roots: readonly GcRoots[]; readonly patience: number }

export interface BegunPurge {
  /** What goes. */
  readonly bytes: number
  /** What follows from it happened until then, as it is written down; milliseconds since the epoch. */
  readonly until: number
}

/** Asks for a look by which a manifest goes at once if nothing keeps it. Undefined when something does. */
export async function beginPurge(
  parts: PurgeParts,
  name: RepositoryName,
  digest: Digest,
): Promise<BegunPurge | undefined> {
  const { metadata, guard, now, settings, roots, patience } = parts
  guard()
  const key = manifestRows.key(name, digest)
  const value = await metadata.get(key)
  if (value === undefined) return undefined
  const row = manifestRows.parse(key, value)
  if ((await keeperOfManifest(metadata, name, { digest, row })) !== undefined) return undefined
  const asked = await askRoots(roots, [{ name, digest }], patience)
  if ('failure' in asked) throw new Error(asked.failure)
  if (asked.rootOf(name, digest, true) !== undefined) return undefined
  const { own } = await freedBytes(metadata, name, digest)
  const at = now() - settings().delay - longBefore
  await metadata.commit({ put: [reviewRow({ name, digest, at }, { isPurge: true })] })
  return { bytes: own, until: at + longBefore / 2 }
}

/** A look at what follows from a purge, as its part. `since`: since when it was of no use. */
export function purgeRow({ name, at }: Review, digest: Digest, since: number | undefined): Row {
  return reviewRow({ name, digest, at: at + behind }, { isPurge: true, ...(since !== undefined && { since }) })
}

/** Looks at all that a purged manifest refers to. */
export async function purgeReferences(metadata: RowStore, review: Review, since: number): Promise<readonly Row[]> {
  const { name, digest } = review
  const references = readReferences(name, digest, await metadata.get(refersRows.key(name, digest)))
  return (references === undefined ? [] : referredDigests(references)).map((each) => purgeRow(review, each, since))
}

/**
 * Takes away the tags that are about a purged manifest by their form: its signatures, and the list of its referrers. Tags that have to
 * stay do. Nothing for a manifest that goes otherwise.
 */
export async function companionsToPurge(
  { metadata, immutableBy, now }: Pick<SweepParts, 'metadata' | 'immutableBy' | 'now'>,
  review: Review,
): Promise<{ readonly tags: readonly string[]; readonly change: Change }> {
  if (review.row?.isPurge !== true) return { tags: [], change: {} }
  const { name, digest } = review
  const ruleOf = immutableBy(name)
  const all = companionTags(digest).filter((tag) => ruleOf?.(tag) === undefined)
  const values = await metadata.getMany(all.map((tag) => tagRows.key(name, tag)))
  const there = all.flatMap((tag, i) => (values[i] === undefined ? [] : [{ tag, value: values[i] }]))
  const changes = there.map(async ({ tag, value }): Promise<Change> => {
    const led = readOrNothing<TagRow>(tagRows, tagRows.key(name, tag), value)?.digest
    const removed = await changeTag({ metadata, immutableBy }, { name, tag, value, at: now() }, undefined)
    return led === undefined ? removed : joinChanges([removed, { put: [purgeRow(review, led, undefined)] }])
  })
  return { tags: there.map(({ tag }) => tag), change: joinChanges(await Promise.all(changes)) }
}
