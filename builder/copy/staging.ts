import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { textOf } from '../context/byte-text.ts'
import { byteColumn, type Column, floatColumn, intColumn } from '../layers/columns.ts'
import { joinPath, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { isWithin } from '../layers/index-types.ts'
import { PagePool } from '../layers/page-pool.ts'
import { PathTable } from '../layers/path-table.ts'
import { plainDirectory } from '../layers/plain-directory.ts'
import { RecordHeap } from '../layers/record-heap.ts'
import { sameDirectory } from '../layers/same-directory.ts'
import { hasReservedName } from '../layers/tar/names.ts'
import type { FileTree } from '../layers/tree.ts'
import { LinkGroups } from './link-groups.ts'
import type { CopyMember } from './types.ts'

/** The content of a file: bytes, or a function that reads it, told the entry that it was put with and its place. */
export type StagedContent = Uint8Array | ((entry: LayerEntry, place: number) => Uint8Array | AsyncIterable<Uint8Array>)

/** An entry of the layer to be. */
export interface Staged {
  readonly entry: LayerEntry
  /** As of a member. Many files may share one function, which then costs them nothing. */
  readonly content?: StagedContent
  /** What tells the content's function which one it is, where that is not the path. Whole, not negative. */
  readonly place?: number
  /** The same for all names of one file; the metadata put last holds for all of them. */
  readonly linkGroup?: string | undefined
}

/** A member that comes after all that is staged, and is not kept. */
export interface TailMember extends CopyMember {
  /** True for a directory that differs from the target's in nothing but the time. */
  readonly isIdle: boolean
}

/** A directory that is made on the way to something. */
export interface NewDirectory {
  readonly mode: number
  readonly uid: number
  /** Undefined: the group of the directory that it is made in when that is setgid, else root's. */
  readonly gid: number | undefined
  readonly mtime: bigint
  /** False: setgid comes from the directory that it is made in, as mkdir(2) does. */
  readonly exactMode: boolean
}

const setgid = 0o2000

/** The target with what the layer puts on it so far. What is staged is kept encoded, because it may be a million files. */
export class Staging implements Pick<FileTree, 'lstat'> {
  readonly #target: FileTree
  readonly #location: SourceLocation
  readonly #pool: PagePool
  readonly #paths: PathTable
  readonly #records: RecordHeap
  /** By number of the path: 1 + the number of its record, 0 for nothing staged. */
  readonly #recordOf: Column<Int32Array>
  /** By number of the path: 1 + the number of its content, 0 for none. */
  readonly #contentOf: Column<Int32Array>
  /** By number of the path: 1 for what is staged and a directory. */
  readonly #isDirectory: Column<Uint8Array>
  /** By number of the path: 1 for directories in which nothing of the target can be seen: new ones, and those that replace something. */
  readonly #fresh: Column<Uint8Array>
  /** By number of the path: 1 + the place of its content, 0 for none. */
  readonly #placeOf: Column<Float64Array>
  #hasPlaces = false
  readonly #contents: StagedContent[] = []
  readonly #links: LinkGroups
  #newGroups = 0

  /** What is staged is kept in `folder` when it is much, and without one in memory. */
  constructor(target: FileTree, location: SourceLocation, folder?: string) {
    this.#target = target
    this.#location = location
    const pool = new PagePool(folder)
    this.#pool = pool
    this.#paths = new PathTable(pool)
    this.#records = new RecordHeap(pool)
    this.#recordOf = intColumn(pool)
    this.#contentOf = intColumn(pool)
    this.#isDirectory = byteColumn(pool)
    this.#fresh = byteColumn(pool)
    this.#placeOf = floatColumn(pool)
    this.#links = new LinkGroups(pool)
  }

  /** Ends the use; nothing is left on the disk. */
  close(): void {
    this.#records.close()
    this.#pool.close()
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    const number = this.#paths.find(path)
    const entry = this.#entry(number, path)
    if (entry !== undefined) return entry
    return this.#isCovered(path) ? undefined : this.#target.lstat(path)
  }

  /** What the layer itself has at a path. */
  staged(path: LayerPath): Staged | undefined {
    const number = this.#paths.find(path)
    const entry = this.#entry(number, path)
    if (entry === undefined) return undefined
    const group = this.#links.of(number)
    const linkGroup = group === undefined ? undefined : this.#links.name(group)
    const place = this.#place(number)
    const content = place === undefined ? this.#content(number, entry) : this.#rawContent(number)
    return {
      entry,
      linkGroup,
      ...(content !== undefined && { content }),
      ...(place !== undefined && { place }),
    }
  }

  /** A name for a link group that no other one has. */
  newLinkGroup(): string {
    return `new ${this.#newGroups++}`
  }

  /** A number for a path, which leads back to it. */
  numberOf(path: LayerPath): number {
    return this.#paths.intern(path)
  }

  pathOf(number: number): LayerPath {
    return this.#paths.path(number)
  }

  /** Puts an entry whose parent is a directory; what was at its path goes, unless both are directories. */
  put(staged: Staged): void {
    const { entry, content, place, linkGroup } = staged
    const { path } = entry
    if (path === '') return
    this.refuseReserved(path)
    const before = this.lstat(path)
    const number = this.#paths.intern(path)
    if (before?.type === 'dir' && entry.type !== 'dir') this.#removeBelow(number)
    if (entry.type === 'dir' && before?.type !== 'dir') this.#fresh.set(number, 1)
    const record = this.#records.add(entry)
    this.#recordOf.set(number, record + 1)
    this.#isDirectory.set(number, entry.type === 'dir' ? 1 : 0)
    this.#contentOf.set(number, content === undefined ? 0 : this.#contentNumber(content))
    this.#setPlace(number, place)
    this.#links.set(number, linkGroup, record)
  }

  /** Makes a directory and those above it that are missing. COPY_DESTINATION when something else is in the way. */
  makeDirectories(path: LayerPath, make: NewDirectory): void {
    if (path === '') return
    const entry = this.lstat(path)
    if (entry?.type === 'dir') return
    if (entry !== undefined) throw this.refuse(path, 'it is not a directory')
    const parent = parentOf(path)
    this.makeDirectories(parent, make)
    const { mode, uid, gid, mtime } = make
    const above = this.lstat(parent)
    const isShared = above !== undefined && (above.mode & setgid) !== 0
    const made = { ...plainDirectory(path), uid, mtime, gid: gid ?? (isShared ? above.gid : 0) }
    this.put({ entry: { ...made, mode: isShared && !make.exactMode ? mode | setgid : mode } })
  }

  /** True when nothing of the target can be seen in a directory. */
  hidesBelow(directory: LayerPath): boolean {
    return this.#isCovered(joinPath(directory, '.'))
  }

  /** COPY_DESTINATION for a name that no layer can have. */
  refuseReserved(path: LayerPath): void {
    if (hasReservedName(path)) throw this.refuse(path, 'names that begin with .wh. cannot be kept in a layer')
  }

  /** COPY_DESTINATION for a path. */
  refuse(path: LayerPath, why: string): IbuildError {
    const shown = JSON.stringify(`/${textOf(path)}`)
    return new IbuildError('COPY_DESTINATION', `cannot write to ${shown}: ${why}`, { location: this.#location })
  }

  /**
   * All of it, ordered, with the parents of every path as the target has them. `tail` comes after it: all of it lies in the
   * staged directory that is last.
   */
  *members(tail: Iterable<TailMember> = []): Generator<CopyMember> {
    const firsts = intColumn(this.#pool)
    const waiting: Waiting[] = []
    for (const { entry, number } of this.#withoutIdle(waiting)) {
      const group = this.#links.of(number)
      const covering = this.#covering(entry, number)
      yield group === undefined ? this.#member(number, covering) : this.#linkMember(number, covering, { group, firsts })
    }
    for (const member of tail) {
      leave(waiting, member.entry.path)
      if (member.isIdle) {
        waiting.push({ entry: member.entry, number: 0 })
        continue
      }
      if (waiting.length > 0) for (const { entry } of waiting.splice(0)) yield { entry }
      yield member
    }
  }

  /** Leaves out directories in which nothing changes and that differ from the target's in nothing but the time: they are left waiting. */
  *#withoutIdle(waiting: Waiting[]): Generator<Waiting> {
    for (const number of this.#paths.ordered()) {
      if (number === 0) continue
      const path = this.#paths.path(number)
      leave(waiting, path)
      const staged = this.#entry(number, path)
      // What is not staged is a directory on the way to something, or was taken away again.
      const entry = staged ?? this.#asBelow(path)
      if (entry === undefined) continue
      waiting.push({ entry, number })
      if (staged !== undefined && !this.#isIdle(number, staged)) yield* waiting.splice(0)
    }
  }

  #asBelow(path: LayerPath): LayerEntry | undefined {
    const entry = this.#target.lstat(path)
    return entry && { ...entry, opaque: false, dataOffset: -1 }
  }

  #isIdle(number: number, entry: LayerEntry): boolean {
    if (entry.type !== 'dir' || this.#isFresh(number)) return false
    const below = this.#isCovered(entry.path) ? undefined : this.#target.lstat(entry.path)
    return below?.type === 'dir' && sameDirectory(entry, below)
  }

  /** A directory that came in the place of one of the target, with something else in between, hides what that had. */
  #covering(entry: LayerEntry, number: number): LayerEntry {
    const { path } = entry
    const hides = this.#isFresh(number) && !this.#isCovered(path) && this.#target.lstat(path)?.type === 'dir'
    return hides ? { ...entry, opaque: true } : entry
  }

  #member(number: number, entry: LayerEntry): CopyMember {
    const content = this.#content(number, entry)
    return content === undefined ? { entry } : { entry, content }
  }

  #linkMember(
    number: number,
    entry: LayerEntry,
    { group, firsts }: { readonly group: number; readonly firsts: Column<Int32Array> },
  ): CopyMember {
    const record = this.#links.lastRecord(group)
    const shared = record === undefined ? entry : this.#records.get(record, entry.path)
    const first = firsts.get(group) ?? 0
    if (first !== 0) {
      const linkname = this.#paths.path(first)
      return { entry: { ...shared, type: 'hardlink', linkname, size: 0, digest: undefined } }
    }
    firsts.set(group, number)
    return this.#member(number, shared)
  }

  #entry(number: number, path: LayerPath): LayerEntry | undefined {
    const record = this.#recordOf.get(number) ?? 0
    return record === 0 ? undefined : this.#records.get(record - 1, path)
  }

  #rawContent(number: number): StagedContent | undefined {
    return this.#contents[(this.#contentOf.get(number) ?? 0) - 1]
  }

  #content(number: number, entry: LayerEntry): CopyMember['content'] {
    const content = this.#rawContent(number)
    if (content === undefined || content instanceof Uint8Array) return content
    const place = this.#place(number) ?? 0
    return () => content(entry, place)
  }

  #place(number: number): number | undefined {
    const place = this.#hasPlaces ? (this.#placeOf.get(number) ?? 0) : 0
    return place === 0 ? undefined : place - 1
  }

  #setPlace(number: number, place: number | undefined): void {
    this.#hasPlaces ||= place !== undefined
    if (this.#hasPlaces) this.#placeOf.set(number, place === undefined ? 0 : place + 1)
  }

  #contentNumber(content: StagedContent): number {
    // Those who put many things have few functions, one or two at a time.
    const last = this.#contents.length
    for (let number = last; number > last - 3 && number > 0; number--) {
      if (this.#contents[number - 1] === content) return number
    }
    return this.#contents.push(content)
  }

  #isFresh(number: number): boolean {
    return (this.#fresh.get(number) ?? 0) === 1
  }

  #isCovered(path: LayerPath): boolean {
    for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
      const number = this.#paths.find(parent)
      if (number < 0) continue
      if (this.#isFresh(number)) return true
      if ((this.#recordOf.get(number) ?? 0) > 0 && (this.#isDirectory.get(number) ?? 0) === 0) return true
    }
    return false
  }

  #removeBelow(directory: number): void {
    for (const number of this.#paths.below(directory)) {
      this.#recordOf.set(number, 0)
      this.#fresh.set(number, 0)
    }
  }
}

/** A directory that is written when something in it is. */
interface Waiting {
  readonly entry: LayerEntry
  readonly number: number
}

/** Only directories that a path lies in go on waiting. */
function leave(waiting: Waiting[], path: LayerPath): void {
  while (waiting.length > 0 && !isWithin(waiting.at(-1)?.entry.path ?? '', path)) waiting.pop()
}
