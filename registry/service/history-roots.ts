import type { Digest } from '../../shared/base/digest.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { type HistoryRow, historyRows, manifestRows } from '../storage/rows.ts'

/** How long what a tag led to stays, so that the tag can be set back to it. */
export interface HistoryKeep {
  /** Of each tag, so many moves before the present one. */
  readonly moves: number
  /** Milliseconds since the tag left it. */
  readonly age: number
}

/** What keeps manifests that tags led to a while ago. */
export interface HistoryRoots {
  readonly name: string
  /** What is purged is not to come back, by the history of a tag neither. */
  readonly yieldsToPurge: true
  /** Which of the digests stay in the repository. Costs what is remembered of its tags, when a manifest is among them. */
  keeps(name: string, digests: readonly Digest[]): Promise<ReadonlySet<Digest>>
  /** Until when one of these stays, unless its tag moves on; milliseconds since the epoch. */
  until(name: string, digest: Digest): Promise<number | undefined>
}

/** For whoever collects garbage. `keep` is asked each time. */
export function historyRoots(metadata: RowStore, keep: () => HistoryKeep, now: () => number): HistoryRoots {
  return {
    name: 'the history of a tag',
    yieldsToPurge: true,
    keeps: async (name, digests) => {
      const kept = new Set<Digest>()
      const { moves, age } = keep()
      if (moves === 0 || age === 0) return kept
      const wanted = new Set(await manifestsOf(metadata, name, digests))
      if (wanted.size === 0) return kept
      for await (const tag of eachHistory(metadata, name)) {
        for (const { digest } of stillKept(tag, { moves, age, now: now() })) if (wanted.has(digest)) kept.add(digest)
      }
      return kept
    },
    until: async (name, digest) => {
      let last: number | undefined
      for await (const tag of eachHistory(metadata, name)) {
        const own = stillKept(tag, { ...keep(), now: now() }).filter((kept) => kept.digest === digest)
        for (const { until } of own) last = Math.max(last ?? 0, until)
      }
      return last
    },
  }
}

/** Those that are manifests there: no tag was ever set to a blob. */
async function manifestsOf(metadata: RowStore, name: string, digests: readonly Digest[]): Promise<Digest[]> {
  const values = await metadata.getMany(digests.map((digest) => manifestRows.key(name, digest)))
  return digests.filter((_, i) => values[i] !== undefined)
}

interface KeptMove {
  readonly digest: Digest
  /** Until then, unless the tag moves on; milliseconds since the epoch. */
  readonly until: number
}

/** Manifests of one tag's history, oldest move first, that are kept for it. What it leads to now needs no history. */
export function stillKept(
  history: readonly HistoryRow[],
  { moves, age, now }: HistoryKeep & { readonly now: number },
): readonly KeptMove[] {
  const last = history.length - 1
  return history.flatMap(({ digest }, i) => {
    const left = history[i + 1]?.at
    if (digest === undefined || left === undefined || last - i > moves) return []
    return left + age > now ? [{ digest, until: left + age }] : []
  })
}

/** The rows of one tag after the other, as they are remembered: few of each. Damaged ones count as removals. */
async function* eachHistory(metadata: RowStore, name: string): AsyncGenerator<readonly HistoryRow[]> {
  const prefix = historyRows.prefix(name)
  let [tag, history]: [string, HistoryRow[]] = ['', []]
  for await (const { key, value } of eachRow(metadata, prefix)) {
    const of = key.slice(prefix.length, key.lastIndexOf(' '))
    if (of !== tag && history.length > 0) yield history
    if (of !== tag) [tag, history] = [of, []]
    history.push(readOrNothing<HistoryRow>(historyRows, key, value) ?? { at: 0 })
  }
  if (history.length > 0) yield history
}
