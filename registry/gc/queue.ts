import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import { isName, type RepositoryName } from '../protocol/names.ts'
import { reviewRow } from '../service/review-changes.ts'
import { type ReviewRow, reviewRows } from '../storage/gc-rows.ts'

/** One look that is to come, and its row. */
export interface Review extends Row {
  /** When what may have freed it happened; milliseconds since the epoch. */
  readonly at: number
  readonly name: RepositoryName
  readonly digest: Digest
  /** Undefined when it is damaged. */
  readonly row: ReviewRow | undefined
}

export interface DueRange {
  /** Those of what happened until then; milliseconds since the epoch. */
  readonly until: number
  readonly limit: number
  /** The key after which to go on. */
  readonly after?: string | undefined
}

/** Reviews in the order of their time. Rows that are none are left out, and removed. */
export async function listReviews(metadata: RowStore, { until, limit, after }: DueRange): Promise<Review[]> {
  const rows = await metadata.list({ prefix: reviewRows.prefix(), limit, ...(after !== undefined && { after }) })
  const found = rows.map((row) => ({ row, review: parseReview(row) }))
  const strays = found.filter(({ review }) => review === undefined).map(({ row }) => row.key)
  if (strays.length > 0) await metadata.commit({ remove: strays, isMinor: true })
  return found.flatMap(({ review }) => (review === undefined || review.at > until ? [] : [review]))
}

/** The first review of all, and the last. */
export async function endsOfQueue(metadata: RowStore): Promise<readonly Review[]> {
  const prefix = reviewRows.prefix()
  const ends = [await metadata.list({ prefix, limit: 1 }), await metadata.list({ prefix, limit: 1, reverse: true })]
  return ends.flat().flatMap((row) => parseReview(row) ?? [])
}

function parseReview({ key, value }: Row): Review | undefined {
  const [, time = '', name = '', digest = ''] = key.split(' ')
  if (!/^\d{15}$/.test(time) || !isName(name) || !isDigest(digest)) return undefined
  const row = readOrNothing<ReviewRow>(reviewRows, key, value)
  return { key, value, at: Number(time), name, digest, row }
}

/** The review is done. One that was asked for anew meanwhile stays. */
export function doneReview({ key, value }: Review): Required<Pick<Change, 'remove' | 'expect'>> {
  return { remove: [key], expect: [{ key, value }] }
}

/** The same again as if it had happened at `at`, with what is remembered of it. */
export function laterReview(review: Review, at: number, row: Omit<ReviewRow, 'change'>): Change {
  return { ...doneReview(review), put: [reviewRow({ ...review, at: at + 999 }, row)] } // never too early
}
