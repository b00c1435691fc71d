import { removeRows } from '../service/unused-blobs.ts'
import { anyDigest, looseRows, useRows } from '../storage/gc-rows.ts'
import { linkedRows, linkRows } from '../storage/rows.ts'
import { keeperOfContent } from './keepers.ts'
import { doneReview } from './queue.ts'
import type { Claimed, SweepParts, Verdict } from './sweep-types.ts'
import { longestWait } from './waits.ts'

/** Takes a blob from a repository in which no manifest refers to it, and its bytes with the last repository that has it. */
export async function reviewLink(parts: SweepParts, claimed: Claimed, link: string): Promise<Verdict> {
  const { metadata, links } = parts
  const { review, rootOf } = claimed
  const { name, digest } = review
  const by = await keeperOfContent(metadata, name, digest)
  if (by?.kind === 'unread') return { kind: 'waits', why: 'unread', wait: longestWait }
  if (by !== undefined) return { kind: 'kept', by }
  if (rootOf(name, digest) !== undefined) return { kind: 'waits', why: 'root', wait: longestWait }
  const key = linkRows.key(name, digest)
  const { size } = linkRows.parse(key, link)
  const done = doneReview(review)
  try {
    const isFreed = await removeRows(parts, digest, {
      remove: [key, linkedRows.key(digest, name), looseRows.key(name, digest), ...done.remove],
      append: [],
      expect: [{ key, value: link }, ...done.expect],
      expectNone: [useRows.prefix(name, digest), useRows.prefix(name, anyDigest)],
    })
    return { kind: 'removed', what: 'link', bytes: isFreed ? size : undefined }
  } finally {
    links.removed(name, digest)
  }
}
