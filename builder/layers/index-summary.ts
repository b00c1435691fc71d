import { type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import { indexInvalid } from './index-bytes.ts'
import { compareRecords, isOpaqueMark, isWithin, type LayerTotals } from './index-types.ts'
import { LinkPaths } from './link-paths.ts'
import { PathList } from './path-list.ts'

/** Sums up the sorted records of a layer, one after the other. */
export class Summarizer {
  /** Paths that hardlinks name. */
  readonly links: LinkPaths
  /** Directories that have something inside but no entry. */
  readonly implicitDirs: PathList
  readonly #totals = { entries: 0, files: 0, bytes: 0, whiteouts: 0 }
  #previous: LayerEntry | undefined
  /** The directories, explicit or implicit, that the current record lies in; innermost last. */
  readonly #open: LayerPath[] = ['']

  /** Lists that are long go to the disk, in `folder`. */
  constructor(folder: string | undefined) {
    this.links = new LinkPaths(folder)
    this.implicitDirs = new PathList(folder)
  }

  /** To be called at the end of the use: nothing is left on the disk. */
  close(): void {
    this.links.close()
    this.implicitDirs.close()
  }

  get totals(): LayerTotals {
    return this.#totals
  }

  /** INDEX_INVALID when the record is not in order, double, or inside an entry that is no directory. */
  add(record: LayerEntry): void {
    if (this.#previous !== undefined) checkOrder(this.#previous, record)
    enter(this.#open, this.implicitDirs, isOpaqueMark(record) ? record.path : parentOf(record.path))
    if (record.type === 'dir') this.#open.push(record.path)
    if (record.type === 'hardlink') this.links.add(record.linkname)
    count(this.#totals, record)
    this.#previous = record
  }
}

function checkOrder(previous: LayerEntry, record: LayerEntry): void {
  if (compareRecords(previous, record) >= 0) throw indexInvalid(`${shown(record.path)} is double or out of order`)
  if (previous.path === record.path && isOpaqueMark(previous)) {
    throw indexInvalid(`${shown(record.path)} has an entry and a separate opaque mark`)
  }
  const inside = previous.path !== record.path && isWithin(previous.path, record.path)
  if (inside && previous.type !== 'dir' && previous.type !== 'whiteout') {
    throw indexInvalid(`${shown(record.path)} lies inside something that is no directory`)
  }
}

function enter(open: LayerPath[], implicit: PathList, directory: LayerPath): void {
  while (!isWithin(open.at(-1) ?? '', directory)) open.pop()
  const known = open.at(-1) ?? ''
  if (known === directory) return
  for (let slash = directory.indexOf('/', known.length + 1); ; slash = directory.indexOf('/', slash + 1)) {
    const path = slash < 0 ? directory : directory.slice(0, slash)
    implicit.add(path)
    open.push(path)
    if (slash < 0) return
  }
}

function count(totals: { entries: number; files: number; bytes: number; whiteouts: number }, record: LayerEntry): void {
  totals.entries++
  if (record.type === 'whiteout') totals.whiteouts++
  if (record.type !== 'file') return
  totals.files++
  totals.bytes += record.size
}

function shown(path: LayerPath): string {
  return JSON.stringify(path.slice(0, 200))
}
