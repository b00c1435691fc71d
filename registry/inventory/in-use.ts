import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { type InUseRow, inUseRows, mostReported } from '../storage/pull-rows.ts'
import type { InUseReport, InUseReports } from './types.ts'

export interface InUseParts {
  readonly metadata: RowStore
  /** Throws when nothing may be written. */
  readonly guard: () => void
  readonly now: () => number
}

/** Reporters, and for how long one report counts at most. */
const [mostReporters, longest] = [1000, 7 * 86_400_000]

/** What is said to run, in the metadata. */
export function inUseReports({ metadata, guard, now }: InUseParts): InUseReports {
  return {
    put: async (reporter, report) => {
      guard()
      const row = checked(reporter, report, now())
      const all = await rowsIn(metadata)
      const over = all.filter(([, { until }]) => until <= now()).map(([name]) => inUseRows.key(name))
      const isNew = all.every(([name]) => name !== reporter)
      if (isNew && all.length - over.length >= mostReporters) {
        throw new IbuildError('USAGE', `there are ${mostReporters} reporters of images in use already`, {
          hint: 'Report as one of those; what a reporter said ends with its time.',
        })
      }
      const remove = over.filter((key) => key !== inUseRows.key(reporter))
      const own =
        row.digests.length === 0
          ? { remove: [...remove, inUseRows.key(reporter)] }
          : { remove, put: [inUseRows.row([reporter], row)] }
      await metadata.commit(own)
    },
    list: async () => (await current(metadata, now())).map(([reporter, row]) => ({ reporter, ...row })),
  }
}

/** By whom a digest is said to run, of all that is. */
export async function reportedDigests(metadata: RowStore, now: number): Promise<ReadonlyMap<Digest, string>> {
  const found = new Map<Digest, string>()
  for (const [reporter, { digests }] of await current(metadata, now)) {
    for (const digest of digests) found.set(digest, reporter)
  }
  return found
}

async function current(metadata: RowStore, now: number): Promise<readonly (readonly [string, InUseRow])[]> {
  return (await rowsIn(metadata)).filter(([, { until }]) => until > now)
}

async function rowsIn(metadata: RowStore): Promise<readonly (readonly [string, InUseRow])[]> {
  const rows = await metadata.list({ prefix: inUseRows.prefix(), limit: mostReporters + 100 })
  return rows.flatMap(({ key, value }) => {
    const row = readOrNothing<InUseRow>(inUseRows, key, value)
    return row === undefined ? [] : [[lastPart(key), row] as const]
  })
}

function checked(reporter: string, { digests, until }: InUseReport, at: number): InUseRow {
  if (!/^[a-zA-Z\d][\w.:-]{0,99}$/.test(reporter)) {
    throw new IbuildError('USAGE', `${JSON.stringify(reporter.slice(0, 120))} is no name of a reporter`, {
      hint: 'Use letters, digits and . _ : - only, a hundred at most.',
    })
  }
  const wrong = digests.find((digest) => !isDigest(digest))
  if (wrong !== undefined) {
    throw new IbuildError('USAGE', `${JSON.stringify(wrong.slice(0, 160))} is no digest of an image in use`)
  }
  if (digests.length > mostReported) {
    throw new IbuildError('USAGE', `a report of images in use names ${mostReported} digests at most`)
  }
  if (!Number.isSafeInteger(until) || until > at + longest) {
    throw new IbuildError('USAGE', 'a report of images in use counts for a week at most', {
      hint: 'Report again before its time is over.',
    })
  }
  return { digests: [...new Set(digests.filter(isDigest))], at, until }
}
