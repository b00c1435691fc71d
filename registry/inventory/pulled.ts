import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import type { Pulls } from '../service/pulls.ts'
import { type PulledRow, pulledRows } from '../storage/pull-rows.ts'

/** When manifests of a repository were last pulled, of those that were. Milliseconds since the epoch. */
export type PulledIn = (digests: readonly Digest[]) => Promise<ReadonlyMap<Digest, number>>

/** Of a repository where no more were ever pulled, all is read at once. */
const mostAtOnce = 20_000

/** For all pages of a repository. */
export async function pulledInRepository(
  metadata: Pick<RowStore, 'list' | 'getMany'>,
  pulls: Pick<Pulls, 'peek'>,
  name: string,
): Promise<PulledIn> {
  const rows = await metadata.list({ prefix: pulledRows.prefix(name), limit: mostAtOnce + 1 })
  if (rows.length > mostAtOnce) return pulledOf(metadata, pulls, name)
  const known = new Map(rows.flatMap(timeIn))
  return async (digests) =>
    merged(
      digests,
      (digest) => known.get(digest),
      (digest) => pulls.peek(name, digest),
    )
}

/** For a few of them. */
export function pulledOf(metadata: Pick<RowStore, 'getMany'>, pulls: Pick<Pulls, 'peek'>, name: string): PulledIn {
  return async (digests) => {
    const keys = digests.map((digest) => pulledRows.key(name, digest))
    const values = await metadata.getMany(keys)
    const known = new Map(
      keys.flatMap((key, i) => {
        const value = values[i]
        return value === undefined ? [] : timeIn({ key, value })
      }),
    )
    return merged(
      digests,
      (digest) => known.get(digest),
      (digest) => pulls.peek(name, digest),
    )
  }
}

type TimeOf = (digest: Digest) => number | undefined

function merged(digests: readonly Digest[], ...sources: readonly TimeOf[]): ReadonlyMap<Digest, number> {
  const times = new Map<Digest, number>()
  for (const digest of digests) {
    const at = Math.max(...sources.map((source) => source(digest) ?? 0))
    if (at > 0) times.set(digest, at)
  }
  return times
}

function timeIn({ key, value }: Row): readonly (readonly [Digest, number])[] {
  const row = readOrNothing<PulledRow>(pulledRows, key, value)
  return row === undefined ? [] : [[parseDigest(lastPart(key)), row.at]]
}
