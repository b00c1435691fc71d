import { comparePaths, type LayerEntry, type LayerPath } from '../entry.ts'
import { Heap } from '../heap.ts'
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

/** Cursors by their next path, of one path the topmost layer first. */
export class CursorHeap {
  readonly #heap: Heap<LayerCursor>

  constructor(cursors: Iterable<LayerCursor>) {
    const open = [...cursors].filter(({ path }) => path !== undefined)
    this.#heap = new Heap(open, isBefore)
  }

  /** The smallest path that any cursor comes to next. */
  get path(): LayerPath | undefined {
    return this.#heap.head?.path
  }

  /** The layers that have something left inside a directory. */
  layersInside(directory: LayerPath): number[] {
    return this.#heap.items.flatMap((cursor) => (cursor.isInside(directory) ? [cursor.layer] : []))
  }

  /** Takes what all layers have at a path, the topmost first; nothing when the path is not the next one. */
  take(path: LayerPath): PathRecords[] {
    const taken: PathRecords[] = []
    for (let cursor = this.#heap.head; cursor?.path === path; cursor = this.#heap.head) {
      taken.push(cursor.take())
      if (cursor.path === undefined) this.#heap.dropHead()
      else this.#heap.moved()
    }
    return taken
  }
}

/** Both come to a path. */
function isBefore(a: LayerCursor, b: LayerCursor): boolean {
  return (comparePaths(a.path ?? '', b.path ?? '') || b.layer - a.layer) < 0
}
