import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { reviewRow } from '../service/review-changes.ts'
import { referrerRows } from '../storage/rows.ts'
import { purgeRow } from './purge.ts'
import type { Review } from './queue.ts'
import { looseAtLeastSince } from './sweep-manifest.ts'
import type { SweepParts } from './sweep-types.ts'

/** Referrers that are asked to be looked at in one change. */
const atOnce = 100

/**
 * Asks for a look at the referrers of a manifest that is gone, as of when it went: without their subject nothing but a tag keeps
 * them. Resolves with where to go on, when there are more than go in one change.
 */
export async function freeReferrers(
  { metadata, now }: Pick<SweepParts, 'metadata' | 'now'>,
  review: Review,
): Promise<string | undefined> {
  const { name, digest, at, row } = review
  const look = (each: Digest): Row =>
    row?.isPurge === true ? purgeRow(review, each, row.since) : reviewRow({ name, digest: each, at })
  const after = row?.after
  const rows = await metadata.list({
    prefix: referrerRows.prefix(name, digest),
    limit: atOnce,
    ...(after !== undefined && { after }),
  })
  if (rows.length === 0) return undefined
  const digests = rows.map(({ key }) => parseDigest(lastPart(key)))
  const loose = await looseAtLeastSince(metadata, name, { digests, since: row?.since ?? now() })
  await metadata.commit({
    put: [...loose.put, ...digests.map(look)],
    expect: loose.expect,
  })
  return rows.length < atOnce ? undefined : rows.at(-1)?.key
}
