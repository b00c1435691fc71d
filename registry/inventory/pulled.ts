import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import type { Pulls } from '../service/pulls.ts'
import { type PulledRow, pulledRows } from '../storage/pull-rows.ts'

/** When a manifest was last pulled; undefined when it never was. Milliseconds since the epoch. */
export type PulledAt = (digest: Digest) => number | undefined

/** The same of these manifests of a repository, which are only asked for where they have to be looked up. */
export type PulledIn = (digests: () => readonly Digest[]) => Promise<PulledAt>

/** Of a repository where no more were ever pulled, all is read before the first page: one after the other costs less than one by one. */
const mostRemembered = 100_000
const pageSize = 1000

/** For all pages of a repository. */
export async function pulledInRepository(
  metadata: Pick<RowStore, 'list' | 'getMany'>,
  pulls: Pick<Pulls, 'peek'>,
  name: string,
): Promise<PulledIn> {
  const known = new Map<Digest, number>()
  for await (const rows of eachPage(metadata, pulledRows.prefix(name), pageSize)) {
    if (known.size + rows.length > mostRemembered) return pulledOf(metadata, pulls, name)
    for (const row of rows) for (const [digest, at] of timeIn(row)) known.set(digest, at)
  }
  const pulledAt = latestOf(known, (digest) => pulls.peek(name, digest))
  return async () => pulledAt
}

/** For a few of them. */
export function pulledOf(metadata: Pick<RowStore, 'getMany'>, pulls: Pick<Pulls, 'peek'>, name: string): PulledIn {
  return async (digests) => {
    const keys = digests().map((digest) => pulledRows.key(name, digest))
    const values = await metadata.getMany(keys)
    const known = new Map(
      keys.flatMap((key, i) => {
        const value = values[i]
        return value === undefined ? [] : timeIn({ key, value })
      }),
    )
    return latestOf(known, (digest) => pulls.peek(name, digest))
  }
}

/** What is written, or a later time that waits to be. */
function latestOf(written: ReadonlyMap<Digest, number>, waiting: PulledAt): PulledAt {
  return (digest) => {
    const [before, later] = [written.get(digest), waiting(digest)]
    return before === undefined || later === undefined ? (before ?? later) : Math.max(before, later)
  }
}

function timeIn({ key, value }: Row): readonly (readonly [Digest, number])[] {
  const row = readOrNothing<PulledRow>(pulledRows, key, value)
  return row === undefined ? [] : [[parseDigest(lastPart(key)), row.at]]
}
