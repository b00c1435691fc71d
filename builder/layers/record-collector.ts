import { byteColumn, type Column, intColumn } from './columns.ts'
import { type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import { mostRemovals } from './layer-size.ts'
import { PagePool } from './page-pool.ts'
import { PathTable } from './path-table.ts'
import { RecordHeap } from './record-heap.ts'
import { invalid, shown, unsafe } from './tar/limits.ts'

// The kind of an inode, in the low bits; and whether it has several names.
const directory = 1
const symlink = 2
const other = 3
const kindMask = 3
const isShared = 4

/**
 * Turns the members of a foreign layer, in any order and with doubles, into its sorted records: what an applier that takes
 * one member after the other would leave. Whiteouts are about lower layers only, wherever they stand in the archive. Of
 * hardlinks the first path in order becomes the file, the others links to it.
 */
export class RecordCollector {
  readonly #pool: PagePool
  readonly #paths: PathTable
  /** What came with the content; hardlinks share one. */
  readonly #inodes: RecordHeap
  /** By number of the path: 1 + the number of its inode, 0 for none. */
  readonly #inodeOf: Column<Int32Array>
  /** By number of the inode: whether it is a directory, a symlink, something else, and has several names. */
  readonly #kinds: Column<Uint8Array>
  /** By number of the path: whether something lies in this directory. */
  readonly #isParent: Column<Uint8Array>
  /** By number of the path: 1 + the number of the record, 0 for none. */
  readonly #whiteoutOf: Column<Int32Array>
  readonly #opaqueOf: Column<Int32Array>
  #hasMarks = false
  #checkedParent: LayerPath | undefined
  #removals = 0

  /** What comes is kept in `folder` when it is much, and without one in memory. */
  constructor(folder?: string) {
    const pool = new PagePool(folder)
    this.#pool = pool
    this.#paths = new PathTable(pool)
    this.#inodes = new RecordHeap(pool)
    this.#inodeOf = intColumn(pool)
    this.#kinds = byteColumn(pool)
    this.#isParent = byteColumn(pool)
    this.#whiteoutOf = intColumn(pool)
    this.#opaqueOf = intColumn(pool)
  }

  /** Ends the use; nothing is left on the disk. */
  close(): void {
    this.#inodes.close()
    this.#pool.close()
  }

  /**
   * Takes the next entry, its digest set. ARCHIVE_UNSAFE when it lies behind a symlink of this layer, ARCHIVE_INVALID when
   * it lies inside another kind of file or is a hardlink to a directory.
   */
  add(entry: LayerEntry): void {
    this.#enter(parentOf(entry.path))
    if (entry.type === 'whiteout') this.#mark(this.#whiteoutOf, entry)
    else if (entry.type === 'hardlink') this.#link(entry)
    else this.#put(this.#number(entry.path), this.#addInode(entry))
  }

  /** Takes an opaque mark for the directory `mark.path`; the same errors as {@link add}. */
  addOpaque(mark: LayerEntry): void {
    this.#enter(mark.path)
    this.#mark(this.#opaqueOf, mark)
  }

  #mark(column: Column<Int32Array>, mark: LayerEntry): void {
    this.#hasMarks = true
    column.set(this.#number(mark.path), this.#inodes.add(mark) + 1)
  }

  #markAt(column: Column<Int32Array>, path: number): LayerEntry | undefined {
    const number = this.#hasMarks ? (column.get(path) ?? 0) : 0
    return number === 0 ? undefined : this.#inodes.get(number - 1, this.#paths.path(path))
  }

  #number(path: LayerPath): number {
    return this.#paths.intern(path)
  }

  #addInode(entry: LayerEntry): number {
    const inode = this.#inodes.add(entry)
    this.#kinds.set(inode, entry.type === 'dir' ? directory : entry.type === 'symlink' ? symlink : other)
    return inode
  }

  /** The inode at a path; -1 for none. */
  #inodeAt(path: number): number {
    return path < 0 ? -1 : (this.#inodeOf.get(path) ?? 0) - 1
  }

  #kind(inode: number): number {
    return (this.#kinds.get(inode) ?? 0) & kindMask
  }

  #link(entry: LayerEntry): void {
    this.#checkDirectory(this.#paths.find(parentOf(entry.linkname)), parentOf(entry.linkname))
    const target = this.#inodeAt(this.#paths.find(entry.linkname))
    if (target >= 0 && this.#kind(target) === directory) {
      throw invalid(`the hardlink ${shown(entry.path)} leads to a directory`)
    }
    if (entry.path === entry.linkname) return
    if (target >= 0) this.#kinds.set(target, this.#kind(target) | isShared)
    this.#put(this.#number(entry.path), target >= 0 ? target : this.#addInode(entry))
  }

  #put(path: number, inode: number): void {
    if (this.#kind(inode) !== directory && this.#isParent.get(path) === 1) this.#removeInside(path)
    this.#inodeOf.set(path, inode + 1)
  }

  #removeInside(directory: number): void {
    if (++this.#removals > mostRemovals) throw unsafe('the layer replaces too many of its own directories')
    for (const path of this.#paths.below(directory)) {
      this.#inodeOf.set(path, 0)
      this.#isParent.set(path, 0)
      if (!this.#hasMarks) continue
      this.#whiteoutOf.set(path, 0)
      this.#opaqueOf.set(path, 0)
    }
    this.#checkedParent = undefined
  }

  /** Something is put into a directory: it and those above must not be anything else. */
  #enter(directory: LayerPath): void {
    if (directory === this.#checkedParent) return
    const number = this.#number(directory)
    this.#checkDirectory(number, directory)
    for (let path = number; (this.#isParent.get(path) ?? 0) === 0; path = this.#paths.parent(path))
      this.#isParent.set(path, 1)
    this.#checkedParent = directory
  }

  #checkDirectory(number: number, path: LayerPath): void {
    if (number < 0) return this.#checkDirectory(this.#paths.find(parentOf(path)), parentOf(path))
    for (let above = number; above !== 0; above = this.#paths.parent(above)) {
      const inode = this.#inodeAt(above)
      const kind = inode < 0 ? directory : this.#kind(inode)
      if (kind === directory) continue
      const name = shown(this.#paths.path(above))
      if (kind === symlink) throw unsafe(`the layer writes through its own symlink ${name}`)
      throw invalid(`the layer has something inside ${name}, which is no directory`)
    }
  }

  /** The records, in order. ARCHIVE_INVALID when a hardlink stands before its target. */
  *records(): Generator<LayerEntry> {
    /** By number of an inode with several names: the path of the first. */
    const firsts = intColumn(this.#pool)
    for (const number of this.#paths.ordered()) {
      const inode = this.#inodeAt(number)
      const [whiteout, opaque] = [this.#markAt(this.#whiteoutOf, number), this.#markAt(this.#opaqueOf, number)]
      if (whiteout !== undefined) yield whiteout
      if (inode < 0 && opaque !== undefined) yield opaque
      if (inode >= 0) yield this.#entry(number, { inode, firsts, isOpaque: opaque !== undefined })
    }
  }

  #entry(
    number: number,
    { inode, firsts, isOpaque }: { inode: number; firsts: Column<Int32Array>; isOpaque: boolean },
  ): LayerEntry {
    const entry = this.#inodes.get(inode, this.#paths.path(number))
    if (((this.#kinds.get(inode) ?? 0) & isShared) !== 0) {
      const first = firsts.get(inode) ?? 0
      if (first !== 0) return linkTo(entry, this.#paths.path(first))
      firsts.set(inode, number)
    }
    if (entry.type === 'hardlink') this.#checkForeign(entry)
    return isOpaque ? { ...entry, opaque: true } : entry
  }

  #checkForeign(link: LayerEntry): void {
    if (this.#inodeAt(this.#paths.find(link.linkname)) < 0) return
    throw invalid(`the hardlink ${shown(link.path)} stands before ${shown(link.linkname)} in the layer`)
  }
}

function linkTo(entry: LayerEntry, linkname: LayerPath): LayerEntry {
  return { ...entry, type: 'hardlink', linkname, size: 0, digest: undefined, dataOffset: -1 }
}
