import { comparePaths, type LayerEntry, type LayerPath } from '../layers/entry.ts'
import type { LayerIndex } from '../layers/index-types.ts'
import { plainDirectory } from '../layers/plain-directory.ts'

/** What one layer says of a path: at most a whiteout, an opaque mark and an entry. */
export interface LayerRecord {
  readonly layer: number
  readonly entry: LayerEntry
  /** A directory that only exists because something lies in it. */
  readonly implicit: boolean
}

/** All that a stack of layers says of one path, lower layers first. */
export interface PathRecords {
  readonly path: LayerPath
  readonly records: readonly LayerRecord[]
}

/**
 * Merges the records of a stack of layers into one run ordered by path; directories without an entry of their own are in it.
 * One record of each layer is in memory at any time.
 */
export function* mergeRecords(indexes: readonly LayerIndex[]): Generator<PathRecords> {
  const heap = new CursorHeap(indexes.map((index, layer) => openCursor(index, layer)))
  let path: LayerPath | undefined
  let records: LayerRecord[] = []
  for (let head = heap.head; head !== undefined; head = heap.head) {
    const record = head.record
    if (path !== record.entry.path) {
      if (path !== undefined) yield { path, records }
      path = record.entry.path
      records = []
    }
    records.push(record)
    heap.advance()
  }
  if (path !== undefined) yield { path, records }
}

interface Cursor {
  record: LayerRecord
  readonly rest: Iterator<LayerRecord>
}

function openCursor(index: LayerIndex, layer: number): Cursor | undefined {
  const rest = recordsOf(index, layer)
  const first = rest.next()
  return first.done === true ? undefined : { record: first.value, rest }
}

const blankDirectory = plainDirectory('')

function* recordsOf(index: LayerIndex, layer: number): Generator<LayerRecord, undefined> {
  const { implicitDirs } = index
  let next = 0
  for (const entry of index.entries()) {
    for (; next < implicitDirs.length; next++) {
      const directory = implicitDirs[next] ?? ''
      if (comparePaths(directory, entry.path) > 0) break
      yield { layer, entry: { ...blankDirectory, path: directory }, implicit: true }
    }
    yield { layer, entry, implicit: false }
  }
  return undefined
}

/** A binary heap of cursors; the one with the lowest path, of equal paths the lowest layer, is its head. */
class CursorHeap {
  readonly #cursors: Cursor[]

  constructor(cursors: readonly (Cursor | undefined)[]) {
    this.#cursors = cursors.filter((cursor) => cursor !== undefined)
    for (let at = (this.#cursors.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  get head(): Cursor | undefined {
    return this.#cursors[0]
  }

  /** Moves the head on by a record. */
  advance(): void {
    const [head] = this.#cursors
    if (head === undefined) return
    const next = head.rest.next()
    if (next.done === true) this.#dropHead()
    else head.record = next.value
    this.#sink(0)
  }

  #dropHead(): void {
    const last = this.#cursors.pop()
    if (last !== undefined && this.#cursors.length > 0) this.#cursors[0] = last
  }

  #sink(start: number): void {
    for (let at = start; ; ) {
      const left = 2 * at + 1
      const lower = this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#isBefore(lower, at)) return
      this.#swap(lower, at)
      at = lower
    }
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#cursors[i]?.record, this.#cursors[j]?.record]
    if (a === undefined || b === undefined) return false
    return (comparePaths(a.entry.path, b.entry.path) || a.layer - b.layer) < 0
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#cursors[i], this.#cursors[j]]
    if (a === undefined || b === undefined) return
    this.#cursors[i] = b
    this.#cursors[j] = a
  }
}
