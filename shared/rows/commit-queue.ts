import { appendedRows, lastRows } from './log-rows.ts'
import { type Change, ChangeConflict, type Durability, type Row, type RowRange } from './row-store.ts'

/** A batch of rows: the value of each key that changes, undefined where the row goes. */
export type RowBatch = ReadonlyMap<string, string | undefined>

/** What a {@link CommitQueue} reads and writes; nobody else writes there. */
export interface CommitTarget {
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>
  list(range: RowRange): Promise<readonly Row[]>
  /** All of the batch or none; resolves when it is durable, if `isSynced`. */
  write(batch: RowBatch, isSynced: boolean): Promise<void>
}

/** Makes of a target one that writes more with each batch than the changes say, or looks at what is written. */
export type AroundTarget = (target: CommitTarget) => CommitTarget

interface Waiting {
  readonly change: Change
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Changes written at once at most, so that the first does not wait for too many others. */
const mostAtOnce = 1000

/**
 * Makes conditional changes atomic on a store that has only batches: one round after the other, in the order in which they
 * came. While a batch is written, the changes that come gather, and share the next batch and its sync. What a change expects
 * is held against what is stored and against the changes before it in its own batch. All of a round are answered when it is
 * over: a conflict with a change that is not yet stored would else be answered before anybody could read that change.
 */
export class CommitQueue {
  readonly #target: CommitTarget
  readonly #durability: Durability
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  readonly #onWritten: ((changes: number) => void) | undefined
  #isClosed = false

  /** `onWritten` is told how many changes were written together. */
  constructor(target: CommitTarget, durability: Durability, onWritten?: (changes: number) => void) {
    this.#target = target
    this.#durability = durability
    this.#onWritten = onWritten
  }

  commit(change: Change): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the store of rows is closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Takes nothing more, and resolves when all that came before is done. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    await Promise.resolve() // changes of one turn of the event loop share their batch
    while (this.#waiting.length > 0) {
      await this.#round(this.#waiting.splice(0, this.#durability === 'strict' ? 1 : mostAtOnce))
    }
    this.#running = undefined
  }

  async #round(waiting: readonly Waiting[]): Promise<void> {
    try {
      const { batch, isSynced, conflicts } = await this.#decide(waiting)
      if (batch.size > 0) {
        await this.#target.write(batch, isSynced)
        this.#onWritten?.(waiting.length - conflicts.size)
      }
      for (const [i, { resolve, reject }] of waiting.entries()) {
        const conflict = conflicts.get(i)
        if (conflict === undefined) resolve()
        else reject(conflict)
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }

  async #decide(waiting: readonly Waiting[]): Promise<Round> {
    const [stored, there] = [await this.#expectedRows(waiting), await this.#unwantedRows(waiting)]
    const batch = new Map<string, string | undefined>()
    const conflicts = new Map<number, ChangeConflict>()
    let isSynced = false
    for (const [i, { change }] of waiting.entries()) {
      const rowNow = (each: string): string | undefined => (batch.has(each) ? batch : stored).get(each)
      const key = unexpectedKey(change, rowNow) ?? unwantedKey(change, { batch, there: there.get(change) ?? [] })
      if (key !== undefined) conflicts.set(i, new ChangeConflict(key))
      else {
        apply(change, { batch, rowNow })
        isSynced ||= change.isMinor !== true
      }
    }
    return { batch, conflicts, isSynced: isSynced && this.#durability !== 'relaxed' }
  }

  async #expectedRows(waiting: readonly Waiting[]): Promise<Map<string, string | undefined>> {
    const keys = [...new Set(waiting.flatMap(({ change }) => keysReadFor(change)))]
    if (keys.length === 0) return new Map()
    const values = await this.#target.getMany(keys)
    return new Map(keys.map((key, i) => [key, values[i]]))
  }

  /** Of each change that wants no row in some ranges: keys of rows that are stored there and that it does not remove. */
  async #unwantedRows(waiting: readonly Waiting[]): Promise<Map<Change, readonly string[]>> {
    const found = new Map<Change, readonly string[]>()
    const listed = new Map<string, Promise<readonly Row[]>>()
    const list = (range: RowRange): Promise<readonly Row[]> => {
      const key = `${range.limit} ${range.prefix}`
      const rows = listed.get(key) ?? this.#target.list(range)
      listed.set(key, rows)
      return rows
    }
    const looks = waiting.map(async ({ change }) => {
      const { expectNone = [], remove = [] } = change
      const ranges = expectNone.map((prefix) => ({ prefix, limit: 1 + count(remove, prefix) }))
      const rows = await Promise.all(ranges.map(list))
      const keys = rows.flat().map(({ key }) => key)
      if (ranges.length > 0) found.set(change, keys.length === 0 ? keys : keys.filter((key) => !remove.includes(key)))
    })
    await Promise.all(looks)
    return found
  }
}

function count(keys: readonly string[], prefix: string): number {
  return keys.reduce((sum, key) => sum + (key.startsWith(prefix) ? 1 : 0), 0)
}

interface Round {
  readonly batch: RowBatch
  readonly isSynced: boolean
  /** By the place of the change in the round. */
  readonly conflicts: ReadonlyMap<number, ChangeConflict>
}

function unexpectedKey({ expect = [] }: Change, rowNow: (key: string) => string | undefined): string | undefined {
  return expect.find(({ key, value }) => rowNow(key) !== value)?.key
}

interface Unwanted {
  readonly batch: RowBatch
  /** Keys that are stored. Where an earlier change of the round takes one away, the change is decided on anew all the same. */
  readonly there: readonly string[]
}

/** A row that is there though the change expects none in its range. */
function unwantedKey({ expectNone = [], remove = [] }: Change, { batch, there }: Unwanted): string | undefined {
  if (expectNone.length === 0 || there.length > 0) return there[0]
  for (const [key, value] of batch) {
    const isUnwanted = value !== undefined && expectNone.some((prefix) => key.startsWith(prefix))
    if (isUnwanted && !remove.includes(key)) return key
  }
  return undefined
}

function keysReadFor({ expect = [], append = [] }: Change): string[] {
  return [...expect.map(({ key }) => key), ...append.map(({ log }) => lastRows.key(log))]
}

interface Batching {
  readonly batch: Map<string, string | undefined>
  readonly rowNow: (key: string) => string | undefined
}

function apply({ put = [], remove = [], append = [] }: Change, { batch, rowNow }: Batching): void {
  for (const key of remove) batch.set(key, undefined)
  for (const { key, value } of put) batch.set(key, value)
  for (const { log, value } of append) {
    for (const row of appendedRows(log, value, rowNow(lastRows.key(log)))) batch.set(row.key, row.value)
  }
}
