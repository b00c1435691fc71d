import { type Change, ChangeConflict } from '../../shared/rows/row-store.ts'
import { looseRows } from '../storage/gc-rows.ts'
import { linkRows, manifestRows } from '../storage/rows.ts'
import { freeReferrers } from './free-referrers.ts'
import { triedAgainAt } from './purge.ts'
import { doneReview, laterReview, type Review } from './queue.ts'
import { reviewLink } from './sweep-link.ts'
import { reviewManifest } from './sweep-manifest.ts'
import type { Claimed, SweepParts, Verdict } from './sweep-types.ts'

/** Something changed meanwhile: it is looked at again soon. */
const afterConflict = 1000

/**
 * Looks at one digest in one repository, and removes what nothing keeps: under the lock of the digest, with what refers to it
 * and its leases read there. Metadata go first, in one change with the review and only if nothing of what was read has changed
 * since; then bytes that nobody has any more.
 */
export async function sweep(parts: SweepParts, review: Review, rootOf: Claimed['rootOf']): Promise<Verdict> {
  const { locks, leases } = parts
  const { name, digest } = review
  const verdict = await locks.run(digest, async (): Promise<Verdict> => {
    const release = leases.claim(name, digest)
    if (release === undefined) return { kind: 'waits', why: 'lease', wait: leases.left(name, digest) }
    try {
      return await judge(parts, review, rootOf)
    } catch (error) {
      if (error instanceof ChangeConflict) return { kind: 'waits', why: 'conflict', wait: afterConflict }
      throw error
    } finally {
      release()
    }
  })
  await settle(parts, review, verdict)
  return verdict
}

async function judge(parts: SweepParts, review: Review, rootOf: Claimed['rootOf']): Promise<Verdict> {
  const { name, digest } = review
  const keys = [manifestRows.key(name, digest), linkRows.key(name, digest), looseRows.key(name, digest)]
  const [manifest, link, loose] = await parts.metadata.getMany(keys)
  const claimed = { review, rootOf, manifest, link, loose }
  if (manifest !== undefined) return reviewManifest(parts, claimed, manifest)
  const more = await freeReferrers(parts, review)
  if (more !== undefined) return { kind: 'waits', why: 'more', wait: 0, after: more }
  return link === undefined ? { kind: 'absent' } : reviewLink(parts, claimed, link)
}

/** What is written down of a look that removed nothing; it may be lost. What is written anew meanwhile stays. */
async function settle(parts: SweepParts, review: Review, verdict: Verdict): Promise<void> {
  if (verdict.kind === 'removed') return
  const change = verdict.kind === 'waits' ? waiting(parts, review, verdict) : over(review, verdict)
  try {
    await parts.metadata.commit({ ...change, isMinor: true })
  } catch (error) {
    if (!(error instanceof ChangeConflict)) throw error
  }
}

function waiting(
  { now, settings }: SweepParts,
  review: Review,
  { why, wait, after }: Extract<Verdict, { kind: 'waits' }>,
): Change {
  const { since, isPurge } = review.row ?? {}
  const row = {
    ...(since !== undefined && { since }),
    ...(after !== undefined && { after }),
    ...(isPurge === true && { isPurge }),
  }
  const goesOn = isPurge === true && (why === 'conflict' || why === 'more')
  return laterReview(review, goesOn ? triedAgainAt(review) : now() + wait - settings().delay, row)
}

function over(review: Review, { kind }: Verdict): Change {
  const { remove, expect } = doneReview(review)
  return { remove: kind === 'absent' ? [...remove, looseRows.key(review.name, review.digest)] : remove, expect }
}
