import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { textOf } from '../context/byte-text.ts'
import { comparePaths, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { plainDirectory } from '../layers/plain-directory.ts'
import { hasReservedName } from '../layers/tar/names.ts'
import type { FileTree } from '../layers/tree.ts'
import type { CopyMember } from './types.ts'

/** An entry of the layer to be. */
export interface Staged extends CopyMember {
  /** The same for all names of one file; the metadata put last holds for all of them. */
  readonly linkGroup?: string | undefined
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

/** The target with what the layer puts on it so far. */
export class Staging implements Pick<FileTree, 'lstat'> {
  readonly #target: FileTree
  readonly #location: SourceLocation
  readonly #staged = new Map<LayerPath, Staged>()
  /** Directories of the layer in which nothing of the target can be seen: new ones, and those that replace something. */
  readonly #fresh = new Set<LayerPath>()
  readonly #shared = new Map<string, LayerEntry>()

  constructor(target: FileTree, location: SourceLocation) {
    this.#target = target
    this.#location = location
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    return this.#staged.get(path)?.entry ?? (this.#isCovered(path) ? undefined : this.#target.lstat(path))
  }

  /** What the layer itself has at a path. */
  staged(path: LayerPath): Staged | undefined {
    return this.#staged.get(path)
  }

  /** Puts an entry whose parent is a directory; what was at its path goes, unless both are directories. */
  put(staged: Staged): void {
    const { path } = staged.entry
    if (path === '') return
    if (hasReservedName(path)) throw this.refuse(path, 'names that begin with .wh. cannot be kept in a layer')
    const before = this.lstat(path)
    if (before?.type === 'dir' && staged.entry.type !== 'dir') this.#removeBelow(path)
    if (staged.entry.type === 'dir' && before?.type !== 'dir') this.#fresh.add(path)
    if (staged.linkGroup !== undefined) this.#shared.set(staged.linkGroup, staged.entry)
    this.#staged.set(path, staged)
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

  /** COPY_DESTINATION for a path. */
  refuse(path: LayerPath, why: string): IbuildError {
    const shown = JSON.stringify(`/${textOf(path)}`)
    return new IbuildError('COPY_DESTINATION', `cannot write to ${shown}: ${why}`, { location: this.#location })
  }

  /** All of it, ordered, with the parents of every path as the target has them. */
  members(): CopyMember[] {
    for (const path of this.#staged.keys()) this.#addParents(path)
    const ordered = [...this.#staged.values()].sort((a, b) => comparePaths(a.entry.path, b.entry.path))
    const firsts = new Map<string, LayerPath>()
    return this.#withoutIdle(ordered).map((staged) => this.#member(this.#covering(staged), firsts))
  }

  /** Leaves out directories in which nothing changes and that differ from the target's in nothing but the time. */
  #withoutIdle(ordered: readonly Staged[]): readonly Staged[] {
    const needed = new Set<LayerPath>()
    const kept = ordered.toReversed().filter(({ entry }) => {
      const isKept = needed.has(entry.path) || !this.#isIdle(entry)
      if (isKept) needed.add(parentOf(entry.path))
      return isKept
    })
    return kept.reverse()
  }

  #isIdle(entry: LayerEntry): boolean {
    if (entry.type !== 'dir' || this.#fresh.has(entry.path)) return false
    const below = this.#isCovered(entry.path) ? undefined : this.#target.lstat(entry.path)
    return below?.type === 'dir' && sameDirectory(entry, below)
  }

  /** A directory that came in the place of one of the target, with something else in between, hides what that had. */
  #covering(staged: Staged): Staged {
    const { path } = staged.entry
    const hides = this.#fresh.has(path) && !this.#isCovered(path) && this.#target.lstat(path)?.type === 'dir'
    return hides ? { ...staged, entry: { ...staged.entry, opaque: true } } : staged
  }

  #member({ entry, content, linkGroup }: Staged, firsts: Map<string, LayerPath>): CopyMember {
    if (linkGroup === undefined) return content === undefined ? { entry } : { entry, content }
    const shared = { ...(this.#shared.get(linkGroup) ?? entry), path: entry.path }
    const first = firsts.get(linkGroup)
    if (first !== undefined)
      return { entry: { ...shared, type: 'hardlink', linkname: first, size: 0, digest: undefined } }
    firsts.set(linkGroup, entry.path)
    return content === undefined ? { entry: shared } : { entry: shared, content }
  }

  #addParents(path: LayerPath): void {
    for (let parent = parentOf(path); parent !== '' && !this.#staged.has(parent); parent = parentOf(parent)) {
      const entry = this.#target.lstat(parent)
      if (entry !== undefined) this.#staged.set(parent, { entry: { ...entry, opaque: false, dataOffset: -1 } })
    }
  }

  #isCovered(path: LayerPath): boolean {
    for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
      if (this.#fresh.has(parent)) return true
      const staged = this.#staged.get(parent)
      if (staged !== undefined && staged.entry.type !== 'dir') return true
    }
    return false
  }

  #removeBelow(path: LayerPath): void {
    this.#fresh.delete(path)
    for (const staged of this.#staged.keys()) {
      if (!staged.startsWith(`${path}/`)) continue
      this.#staged.delete(staged)
      this.#fresh.delete(staged)
    }
  }
}

function sameDirectory(a: LayerEntry, b: LayerEntry): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.xattrs.size !== b.xattrs.size) return false
  return [...a.xattrs].every(([name, value]) => {
    const other = b.xattrs.get(name)
    return other !== undefined && Buffer.compare(value, other) === 0
  })
}
