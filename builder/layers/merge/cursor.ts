import { comparePaths, type LayerEntry, type LayerPath } from '../entry.ts'
import { isOpaqueMark, isWithin, type LayerIndex } from '../index-types.ts'

/** What the records of one layer say about one path. */
export interface PathRecords {
  readonly layer: number
  /** Never a whiteout. */
  readonly entry: LayerEntry | undefined
  readonly whiteout: boolean
  readonly opaque: boolean
}

/** Reads the records of one layer in order, path by path. */
export class LayerCursor {
  readonly layer: number
  readonly #records: Iterator<LayerEntry>
  #next: LayerEntry | undefined

  constructor(layer: number, index: LayerIndex) {
    this.layer = layer
    this.#records = index.entries()[Symbol.iterator]()
    this.#advance()
  }

  /** The path of the next record; undefined at the end. */
  get path(): LayerPath | undefined {
    return this.#next?.path
  }

  isInside(directory: LayerPath): boolean {
    return this.#next !== undefined && isWithin(directory, this.#next.path)
  }

  /** Takes the records of the next path. */
  take(): PathRecords {
    const { path } = this
    let [entry, whiteout, opaque]: [LayerEntry | undefined, boolean, boolean] = [undefined, false, false]
    for (let record = this.#next; record !== undefined && record.path === path; record = this.#next) {
      opaque ||= record.opaque
      if (record.type !== 'whiteout') entry = record
      else if (!isOpaqueMark(record)) whiteout = true
      this.#advance()
    }
    return { layer: this.layer, entry, whiteout, opaque }
  }

  #advance(): void {
    const { done, value } = this.#records.next()
    this.#next = done === true ? undefined : value
  }
}

/** Cursors by their next path, of one path the topmost layer first: a binary heap. */
export class CursorHeap {
  readonly #heap: LayerCursor[] = []

  constructor(cursors: Iterable<LayerCursor>) {
    for (const cursor of cursors) this.#push(cursor)
  }

  /** The smallest path that any cursor comes to next. */
  get path(): LayerPath | undefined {
    return this.#heap[0]?.path
  }

  /** The layers that have something left inside a directory. */
  layersInside(directory: LayerPath): number[] {
    return this.#heap.flatMap((cursor) => (cursor.isInside(directory) ? [cursor.layer] : []))
  }

  /** Takes what all layers have at a path, the topmost first; nothing when the path is not the next one. */
  take(path: LayerPath): PathRecords[] {
    const taken: PathRecords[] = []
    for (let cursor = this.#heap[0]; cursor?.path === path; cursor = this.#heap[0]) {
      taken.push(cursor.take())
      const first = cursor.path === undefined ? this.#heap.pop() : cursor
      if (first !== undefined && this.#heap.length > 0) this.#sink(first)
    }
    return taken
  }

  #push(cursor: LayerCursor): void {
    if (cursor.path === undefined) return
    const heap = this.#heap
    let at = heap.push(cursor) - 1
    for (let up = (at - 1) >> 1; at > 0 && isBefore(cursor, heap[up]); up = (at - 1) >> 1) {
      swap(heap, at, up)
      at = up
    }
  }

  /** Puts a cursor at the top and lets it sink to its place. */
  #sink(cursor: LayerCursor): void {
    const heap = this.#heap
    heap[0] = cursor
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const smaller = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
      if (!isBefore(heap[smaller], cursor)) return
      swap(heap, at, smaller)
      at = smaller
    }
  }
}

function swap(heap: LayerCursor[], a: number, b: number): void {
  const [first, second] = [heap[a], heap[b]]
  if (first === undefined || second === undefined) return
  heap[a] = second
  heap[b] = first
}

function isBefore(a: LayerCursor | undefined, b: LayerCursor | undefined): boolean {
  if (a?.path === undefined || b?.path === undefined) return a?.path !== undefined
  return (comparePaths(a.path, b.path) || b.layer - a.layer) < 0
}
