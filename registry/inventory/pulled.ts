import { type Digest, isDigest, parseDigest } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import type { Pulls } from '../service/pulls.ts'
import { type PulledRow, pulledRows } from '../storage/pull-rows.ts'
import { type ContentListener, changedRows } from './changes.ts'

/** When a manifest was last pulled; undefined when it never was. Milliseconds since the epoch. */
export type PulledAt = (digest: Digest) => number | undefined

/** The same of these manifests of a repository, which are only asked for where they have to be looked up. */
export type PulledIn = (digests: () => readonly Digest[]) => Promise<PulledAt>

export interface PulledParts {
  readonly metadata: Pick<RowStore, 'list' | 'getMany'>
  readonly pulls: Pick<Pulls, 'peek'>
}

interface Repository {
  readonly times: Map<Digest, number>
  /** As it was counted last. */
  readonly weight: number
}

/** Of a repository where no more were ever pulled, all is read before the first page: one after the other costs less than one by one. */
const mostRemembered = 100_000
const pageSize = 1000

/** Tells when manifests were pulled. What is read of a whole repository is remembered, and follows what is written. */
export class RememberedPulls implements ContentListener {
  readonly #parts: PulledParts
  readonly #known = new Recent<string, Repository>(2 * mostRemembered, ({ weight }) => weight)
  /** Another number when something was written that a reader may not have seen. */
  #version = 0
  #isSuspended = false

  constructor(parts: PulledParts) {
    this.#parts = parts
  }

  changed(change: Change): void {
    for (const { name, last, key, value } of changedRows(change, pulledRows.prefix())) {
      this.#version++
      const times = this.#known.peek(name)?.times
      if (times === undefined || !isDigest(last)) continue
      const at = value === undefined ? undefined : timeIn({ key, value })
      if (at === undefined) times.delete(last)
      else times.set(last, at)
      if (times.size > mostRemembered) this.#known.delete(name)
    }
  }

  suspend(): void {
    this.#isSuspended = true
    this.#known.clear()
  }

  resume(): void {
    this.#isSuspended = false
  }

  /** For all pages of a repository. */
  async inRepository(name: string): Promise<PulledIn> {
    const times = this.#known.get(name)?.times ?? (await this.#read(name))
    if (times === undefined) return this.ofFew(name)
    const pulledAt = latestOf(times, (digest) => this.#parts.pulls.peek(name, digest))
    return async () => pulledAt
  }

  /** For a few of them. */
  ofFew(name: string): PulledIn {
    return async (digests) => {
      const keys = digests().map((digest) => pulledRows.key(name, digest))
      const values = await this.#parts.metadata.getMany(keys)
      const times = timesIn(
        keys.flatMap((key, i) => {
          const value = values[i]
          return value === undefined ? [] : [{ key, value }]
        }),
      )
      return latestOf(new Map(times), (digest) => this.#parts.pulls.peek(name, digest))
    }
  }

  /** Undefined when there are too many. */
  async #read(name: string): Promise<ReadonlyMap<Digest, number> | undefined> {
    const version = this.#version
    const times = new Map<Digest, number>()
    for await (const rows of eachPage(this.#parts.metadata, pulledRows.prefix(name), pageSize)) {
      if (times.size + rows.length > mostRemembered) return undefined
      for (const [digest, at] of timesIn(rows)) times.set(digest, at)
    }
    if (version === this.#version && !this.#isSuspended) this.#known.set(name, { times, weight: times.size + 10 })
    return times
  }
}

/** What is written, or a later time that waits to be. */
function latestOf(written: ReadonlyMap<Digest, number>, waiting: PulledAt): PulledAt {
  return (digest) => {
    const [before, later] = [written.get(digest), waiting(digest)]
    return before === undefined || later === undefined ? (before ?? later) : Math.max(before, later)
  }
}

function timesIn(rows: readonly Row[]): readonly (readonly [Digest, number])[] {
  return rows.flatMap((row) => {
    const at = timeIn(row)
    return at === undefined ? [] : [[parseDigest(lastPart(row.key)), at] as const]
  })
}

function timeIn({ key, value }: Row): number | undefined {
  return readOrNothing<PulledRow>(pulledRows, key, value)?.at
}
