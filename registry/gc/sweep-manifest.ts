import type { Digest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { announce } from '../service/manifest-caches.ts'
import { joinChanges } from '../service/manifest-plan.ts'
import { readReferences } from '../service/references.ts'
import { planManifestRemoval } from '../service/removal-plan.ts'
import { reviewRow } from '../service/review-changes.ts'
import { allMutable } from '../service/tag-rules.ts'
import { removalOf } from '../service/told-plan.ts'
import { removeIfUnnamed } from '../service/unused-blobs.ts'
import { type LooseRow, looseRows, refersRows, useRows } from '../storage/gc-rows.ts'
import { type ManifestRow, manifestRows } from '../storage/rows.ts'
import { keeperOfManifest } from './keepers.ts'
import { companionsToPurge, purgeReferences, purgeRow } from './purge.ts'
import { doneReview } from './queue.ts'
import type { Claimed, SweepParts, Verdict } from './sweep-types.ts'
import { longestWait } from './waits.ts'

/** Removes a manifest that has no tag, that nothing refers to and that was so for as long as such ones are kept, unless it is purged. */
export async function reviewManifest(parts: SweepParts, claimed: Claimed, value: string): Promise<Verdict> {
  const { metadata, settings, now } = parts
  const { review, rootOf } = claimed
  const { name, digest } = review
  const row = manifestRows.parse(manifestRows.key(name, digest), value)
  const by = await keeperOfManifest(metadata, name, { digest, row })
  if (by?.kind === 'unread') return { kind: 'waits', why: 'unread', wait: longestWait }
  if (by !== undefined) return { kind: 'kept', by }
  if (rootOf(name, digest, review.row?.isPurge) !== undefined) return { kind: 'waits', why: 'root', wait: longestWait }
  const { untagged } = settings()
  const isPurge = review.row?.isPurge === true
  if (!untagged.remove && !isPurge) return { kind: 'waits', why: 'policy', wait: longestWait }
  const since = looseSince(row, claimed.loose, now())
  const left = since + untagged.keep - now()
  if (left > 0 && !isPurge) return { kind: 'waits', why: 'grace', wait: Math.min(left, longestWait) }
  return remove(parts, { ...claimed, row, value, since })
}

/** Since when nothing refers to a manifest; a clock that was set back since makes that now. */
export function looseSince(row: ManifestRow, loose: string | undefined, now: number): number {
  const at = loose === undefined ? undefined : readOrNothing<LooseRow>(looseRows, 'loose', loose)?.at
  return Math.min(now, Math.max(row.at, at ?? 0))
}

interface Unkept extends Claimed {
  readonly row: ManifestRow
  readonly value: string
  readonly since: number
}

async function remove(parts: SweepParts, unkept: Unkept): Promise<Verdict> {
  const { metadata, caches, tell, now } = parts
  const { name, digest } = unkept.review
  const plan = await planManifestRemoval({ metadata, immutableBy: allMutable }, name, { digest })
  if (plan?.change === undefined || plan.isPart === true) return { kind: 'waits', why: 'conflict', wait: 1000 }
  const companions = await companionsToPurge(parts, unkept.review)
  const effects = { name, digest, tags: companions.tags }
  const append = tell(removalOf(name, effects), undefined)
  const change = joinChanges([plan.change, companions.change, await conditions(metadata, unkept, now()), { append }])
  const end = announce(caches, effects)
  try {
    await metadata.commit(change)
    end(true)
  } catch (error) {
    end(false)
    throw error
  }
  const isFreed = await removeIfUnnamed(parts, digest)
  return { kind: 'removed', what: 'manifest', bytes: isFreed ? unkept.row.size : undefined }
}

/** That all is as it was looked at, and what is to be looked at next. */
async function conditions(
  metadata: RowStore,
  { review, row, value, loose, since }: Unkept,
  at: number,
): Promise<Change> {
  const { name, digest } = review
  const done = doneReview(review)
  const freed = await freedSince(metadata, name, { digest, since })
  const isPurge = review.row?.isPurge === true
  const again = isPurge ? purgeRow(review, digest, since) : reviewRow({ name, digest, at }, { since })
  return {
    put: [again, ...(isPurge ? await purgeReferences(metadata, review, since) : []), ...(freed.put ?? [])],
    remove: done.remove,
    expect: [
      ...done.expect,
      ...(freed.expect ?? []),
      { key: manifestRows.key(name, digest), value },
      { key: looseRows.key(name, digest), value: loose },
      ...(row.subject === undefined ? [] : [{ key: manifestRows.key(name, row.subject), value: undefined }]),
    ],
    expectNone: [useRows.prefix(name, digest)],
  }
}

/** What it alone kept was of no use for as long as it was itself: that time is not waited for again. */
async function freedSince(
  metadata: RowStore,
  name: string,
  { digest, since }: { readonly digest: Digest; readonly since: number },
): Promise<Change> {
  const references = readReferences(name, digest, await metadata.get(refersRows.key(name, digest)))
  return looseAtLeastSince(metadata, name, { digests: references?.manifests ?? [], since })
}

/** Rows that say since when nothing refers to these, where they do not say a later time already. */
export async function looseAtLeastSince(
  metadata: RowStore,
  name: string,
  { digests, since }: { readonly digests: readonly Digest[]; readonly since: number },
): Promise<Required<Pick<Change, 'put' | 'expect'>>> {
  const keys = digests.map((digest) => looseRows.key(name, digest))
  const values = await metadata.getMany(keys)
  const rows = digests.map((digest, i) => {
    const known = values[i] === undefined ? undefined : readOrNothing<LooseRow>(looseRows, 'loose', values[i])
    return looseRows.row([name, digest], { at: Math.max(since, known?.at ?? 0) })
  })
  return { put: rows, expect: keys.map((key, i) => ({ key, value: values[i] })) }
}
