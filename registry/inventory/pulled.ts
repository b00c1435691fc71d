import { type Digest, isDigest, parseDigest } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import type { Pulls } from '../service/pulls.ts'
import { type PulledRow, pulledRows } from '../storage/pull-rows.ts'
import { type ContentListener, changedRows } from './changes.ts'

/** A manifest, and those below it: who pulls one of these needs the other. */
export interface Pullable {
  readonly digest: Digest
  readonly below: readonly Digest[]
}

/** When these of a repository were last pulled, in their order; undefined for those that never were. Milliseconds since the epoch. */
export type PulledIn = (items: readonly Pullable[]) => Promise<Times>

type Times = readonly (number | undefined)[]

export interface PulledParts {
  readonly metadata: Pick<RowStore, 'list' | 'getMany'>
  readonly pulls: Pick<Pulls, 'peek' | 'waitingIn'>
}

interface Repository {
  /** What is written. */
  readonly times: Map<Digest, number>
  /** As it was counted first. */
  readonly weight: number
  /** What was found for items: most are asked for again, and nothing changed. */
  found: WeakMap<readonly Pullable[], Times>
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
      const repository = this.#known.peek(name)
      if (repository === undefined || !isDigest(last)) continue
      const at = value === undefined ? undefined : timeIn({ key, value })
      if (at === undefined) repository.times.delete(last)
      else repository.times.set(last, at)
      repository.found = new WeakMap()
      if (repository.times.size > mostRemembered) this.#known.delete(name)
    }
  }

  suspend(): void {
    this.#version++
    this.#isSuspended = true
    this.#known.clear()
  }

  resume(): void {
    this.#isSuspended = false
  }

  /** For all pages of a repository. */
  async inRepository(name: string): Promise<PulledIn> {
    const repository = this.#known.get(name) ?? (await this.#read(name))
    if (repository === undefined) return this.ofFew(name)
    const waiting = this.#parts.pulls.waitingIn(name)
    return async (items) => {
      const written = repository.found.get(items) ?? timesOf(items, (digest) => repository.times.get(digest))
      repository.found.set(items, written)
      if (waiting.size === 0) return written
      const others = timesOf(items, (digest) => waiting.get(digest))
      return written.map((at, i) => later(at, others[i]))
    }
  }

  /** For a few of them. */
  ofFew(name: string): PulledIn {
    return async (items) => {
      const keys = items.flatMap(({ digest, below }) => [digest, ...below].map((one) => pulledRows.key(name, one)))
      const values = await this.#parts.metadata.getMany(keys)
      const rows = keys.flatMap((key, i) => {
        const value = values[i]
        return value === undefined ? [] : [{ key, value }]
      })
      const written = new Map(timesIn(rows))
      return timesOf(items, (digest) => later(written.get(digest), this.#parts.pulls.peek(name, digest)))
    }
  }

  /** Undefined when there are too many. */
  async #read(name: string): Promise<Repository | undefined> {
    const version = this.#version
    const times = new Map<Digest, number>()
    for await (const rows of eachPage(this.#parts.metadata, pulledRows.prefix(name), pageSize)) {
      if (times.size + rows.length > mostRemembered) return undefined
      for (const [digest, at] of timesIn(rows)) times.set(digest, at)
    }
    const repository = { times, weight: times.size + 10, found: new WeakMap<readonly Pullable[], Times>() }
    if (version === this.#version && !this.#isSuspended) this.#known.set(name, repository)
    return repository
  }
}

function timesOf(items: readonly Pullable[], timeOf: (digest: Digest) => number | undefined): Times {
  return items.map(({ digest, below }) => below.reduce((last, one) => later(last, timeOf(one)), timeOf(digest)))
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
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
