import { comparePaths, type LayerEntry, type LayerPath } from '../layers/entry.ts'
import { Heap } from '../layers/heap.ts'
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
  const heap = new Heap(
    indexes.flatMap((index, layer) => openCursor(index, layer) ?? []),
    isBefore,
  )
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
    advance(heap, head)
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
  const implicit = index.implicitDirs[Symbol.iterator]()
  let next = implicit.next()
  for (const entry of index.entries()) {
    for (; next.done !== true && comparePaths(next.value, entry.path) <= 0; next = implicit.next()) {
      yield { layer, entry: { ...blankDirectory, path: next.value }, implicit: true }
    }
    yield { layer, entry, implicit: false }
  }
  return undefined
}

/** Moves the cursor at the head on by a record. */
function advance(heap: Heap<Cursor>, head: Cursor): void {
  const next = head.rest.next()
  if (next.done === true) return heap.dropHead()
  head.record = next.value
  heap.moved()
}

/** By path, of one path the lowest layer first. */
function isBefore({ record: a }: Cursor, { record: b }: Cursor): boolean {
  return (comparePaths(a.entry.path, b.entry.path) || a.layer - b.layer) < 0
}
