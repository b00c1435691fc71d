import { type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import { compareRecords, isWithin } from './index-types.ts'
import { invalid, shown, unsafe } from './tar/limits.ts'

/** What paths of one layer share when they are hardlinks: the entry that came with the content. */
interface Inode {
  readonly entry: LayerEntry
}

/** Directories with something inside that a layer may replace by something else; each costs a pass over all entries. */
const mostRemovals = 1000

/**
 * Turns the members of a foreign layer, in any order and with doubles, into its sorted records: what an applier that takes
 * one member after the other would leave. Whiteouts are about lower layers only, wherever they stand in the archive. Of
 * hardlinks the first path in order becomes the file, the others links to it.
 */
export class RecordCollector {
  readonly #inodes = new Map<LayerPath, Inode>()
  readonly #whiteouts = new Map<LayerPath, LayerEntry>()
  readonly #opaque = new Map<LayerPath, LayerEntry>()
  /** Every directory that something lies in. */
  readonly #parents = new Set<LayerPath>()
  #checkedParent: LayerPath | undefined = ''
  #removals = 0

  /**
   * Takes the next entry, its digest set. ARCHIVE_UNSAFE when it lies behind a symlink of this layer, ARCHIVE_INVALID when
   * it lies inside another kind of file or is a hardlink to a directory.
   */
  add(entry: LayerEntry): void {
    this.#enter(parentOf(entry.path))
    if (entry.type === 'whiteout') this.#whiteouts.set(entry.path, entry)
    else if (entry.type === 'hardlink') this.#link(entry)
    else this.#put(entry.path, { entry })
  }

  /** Takes an opaque mark for the directory `mark.path`; the same errors as {@link add}. */
  addOpaque(mark: LayerEntry): void {
    this.#enter(mark.path)
    this.#opaque.set(mark.path, mark)
  }

  #link(entry: LayerEntry): void {
    this.#checkDirectory(parentOf(entry.linkname))
    const target = this.#inodes.get(entry.linkname)
    if (target?.entry.type === 'dir') throw invalid(`the hardlink ${shown(entry.path)} leads to a directory`)
    if (entry.path !== entry.linkname) this.#put(entry.path, target ?? { entry })
  }

  #put(path: LayerPath, inode: Inode): void {
    if (inode.entry.type !== 'dir' && this.#parents.has(path)) this.#removeInside(path)
    this.#inodes.set(path, inode)
  }

  #removeInside(directory: LayerPath): void {
    if (++this.#removals > mostRemovals) throw unsafe('the layer replaces too many of its own directories')
    for (const paths of [this.#inodes, this.#opaque, this.#parents, this.#whiteouts]) {
      for (const path of paths.keys()) if (isWithin(directory, path)) paths.delete(path)
    }
    this.#checkedParent = undefined
  }

  /** Something is put into a directory: it and those above must not be anything else. */
  #enter(directory: LayerPath): void {
    if (directory === this.#checkedParent) return
    this.#checkDirectory(directory)
    for (let at = directory; !this.#parents.has(at); at = parentOf(at)) this.#parents.add(at)
    this.#checkedParent = directory
  }

  #checkDirectory(directory: LayerPath): void {
    for (let at = directory; at !== ''; at = parentOf(at)) {
      const type = this.#inodes.get(at)?.entry.type
      if (type === undefined || type === 'dir') continue
      if (type === 'symlink') throw unsafe(`the layer writes through its own symlink ${shown(at)}`)
      throw invalid(`the layer has something inside ${shown(at)}, which is no directory`)
    }
  }

  /** The records, sorted. ARCHIVE_INVALID when a hardlink stands before its target. */
  records(): LayerEntry[] {
    const entries = this.#entries()
    const marks = [...this.#whiteouts.values(), ...this.#opaque.values()]
    const loose = marks.filter((mark) => !(mark.opaque && this.#inodes.has(mark.path)))
    return loose.length === 0 ? entries : [...entries, ...loose].sort(compareRecords)
  }

  #entries(): LayerEntry[] {
    const names = [...this.#inodes].map(([path, inode]) => ({ path, inode, entry: { ...inode.entry, path } }))
    names.sort((a, b) => compareRecords(a.entry, b.entry))
    const first = new Map<Inode, LayerPath>()
    return names.map(({ inode, entry }) => {
      const target = first.get(inode)
      if (target !== undefined) return linkTo(entry, target)
      first.set(inode, entry.path)
      if (entry.type === 'hardlink') this.#checkForeign(entry)
      return this.#opaque.has(entry.path) ? { ...entry, opaque: true } : entry
    })
  }

  #checkForeign(link: LayerEntry): void {
    if (!this.#inodes.has(link.linkname)) return
    throw invalid(`the hardlink ${shown(link.path)} stands before ${shown(link.linkname)} in the layer`)
  }
}

function linkTo(entry: LayerEntry, linkname: LayerPath): LayerEntry {
  return { ...entry, type: 'hardlink', linkname, size: 0, digest: undefined, dataOffset: -1 }
}
