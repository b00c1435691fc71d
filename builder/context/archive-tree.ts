import type { Digest } from '../../shared/base/digest.ts'
import { byteColumn, type Column, floatColumn, intColumn } from '../layers/columns.ts'
import { type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { mostRemovals } from '../layers/layer-size.ts'
import { PagePool } from '../layers/page-pool.ts'
import { PathTable } from '../layers/path-table.ts'
import { plainDirectory } from '../layers/plain-directory.ts'
import { RecordHeap } from '../layers/record-heap.ts'
import { unsafe } from '../layers/tar/limits.ts'
import type { ArchiveMember, OpenArchive } from './archive.ts'
import { smallFileSize } from './file-content.ts'
import type { BuildContext } from './types.ts'

// What is at a path.
const directory = 1
const other = 2

/**
 * The members of an archive as a tree: later ones replace earlier ones, and a directory that is replaced takes all in it
 * along. Directories that are not among them are implied: 0755 with time 0. All belongs to root.
 */
export class ArchiveTree implements BuildContext {
  readonly #archive: OpenArchive
  readonly #pool: PagePool
  readonly #paths: PathTable
  readonly #records: RecordHeap
  /** By number of the path: {@link directory}, implied or not, {@link other}, or 0 for nothing. */
  readonly #kinds: Column<Uint8Array>
  /** By number of the path: 1 + the number of its record, 0 for none. */
  readonly #recordOf: Column<Int32Array>
  /** By number of the path: 1 + where the content is, 0 for none. */
  readonly #startOf: Column<Float64Array>
  /** By number of the path: the number of its link group, 0 for none. */
  readonly #groupOf: Column<Int32Array>
  /** By number of the path: whether something was put into this directory. */
  readonly #isParent: Column<Uint8Array>
  #groups = 0
  #removals = 0

  /** `folder` takes what becomes much. */
  constructor(archive: OpenArchive, folder: string) {
    this.#archive = archive
    const pool = new PagePool(folder)
    this.#pool = pool
    this.#paths = new PathTable(pool)
    this.#records = new RecordHeap(pool)
    this.#kinds = byteColumn(pool)
    this.#recordOf = intColumn(pool)
    this.#startOf = floatColumn(pool)
    this.#groupOf = intColumn(pool)
    this.#isParent = byteColumn(pool)
    this.#kinds.set(0, directory)
  }

  /** The next member. ARCHIVE_UNSAFE when it lies in something that is no directory, or links to what is not there. */
  add({ entry, start }: ArchiveMember): void {
    this.#requireDirectories(parentOf(entry.path))
    const number = this.#paths.intern(entry.path)
    if (this.#kinds.get(number) === directory && entry.type !== 'dir') this.#removeTree(number)
    if (entry.type === 'hardlink') return this.#link(number, entry)
    this.#kinds.set(number, entry.type === 'dir' ? directory : other)
    this.#recordOf.set(number, this.#records.add({ ...entry, uid: 0, gid: 0 }) + 1)
    this.#startOf.set(number, start === undefined ? 0 : start + 1)
    if (this.#groups > 0) this.#groupOf.set(number, 0)
  }

  /** A second name of a file that the archive has already. */
  #link(number: number, { path, linkname }: LayerEntry): void {
    const target = this.#paths.find(linkname)
    if (target < 0 || this.#kinds.get(target) !== other) {
      throw unsafe(`the archive links ${JSON.stringify(path)} to ${JSON.stringify(linkname)}, which it has not`)
    }
    if ((this.#groupOf.get(target) ?? 0) === 0) this.#groupOf.set(target, ++this.#groups)
    this.#kinds.set(number, other)
    this.#recordOf.set(number, this.#recordOf.get(target) ?? 0)
    this.#startOf.set(number, this.#startOf.get(target) ?? 0)
    this.#groupOf.set(number, this.#groupOf.get(target) ?? 0)
  }

  #requireDirectories(path: LayerPath): void {
    for (let number = this.#paths.intern(path); ; number = this.#paths.parent(number)) {
      const kind = this.#kinds.get(number)
      if (kind === directory && this.#isParent.get(number) === 1) return
      this.#isParent.set(number, 1)
      if (number === 0) return
      if (kind === other) {
        const shown = JSON.stringify(this.#paths.path(number))
        throw unsafe(`the archive puts a file below ${shown}, which is no directory`)
      }
      this.#kinds.set(number, directory)
    }
  }

  #removeTree(top: number): void {
    if (top === 0) throw unsafe('the archive replaces its root')
    if ((this.#isParent.get(top) ?? 0) === 0) return
    if (++this.#removals > mostRemovals) throw unsafe('the archive replaces too many of its own directories')
    for (const number of this.#paths.below(top)) {
      this.#kinds.set(number, 0)
      this.#isParent.set(number, 0)
      this.#recordOf.set(number, 0)
    }
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    return this.#entry(this.#paths.find(path), path)
  }

  #entry(number: number, path: LayerPath): LayerEntry | undefined {
    if (number < 0 || (this.#kinds.get(number) ?? 0) === 0) return undefined
    const record = this.#recordOf.get(number) ?? 0
    return record === 0 ? plainDirectory(path) : this.#records.get(record - 1, path)
  }

  list(path: LayerPath): readonly string[] {
    const number = this.#paths.find(path)
    if (this.#kinds.get(number) !== directory) return []
    const names: string[] = []
    for (const child of this.#paths.children(number)) {
      if ((this.#kinds.get(child) ?? 0) !== 0) names.push(this.#paths.name(child))
    }
    return names
  }

  *walk(path: LayerPath): Generator<LayerEntry> {
    const top = this.#paths.find(path)
    if (this.#kinds.get(top) !== directory) return
    for (const number of this.#paths.ordered(top)) {
      const entry = number === top ? undefined : this.#entry(number, this.#paths.path(number))
      if (entry !== undefined) yield entry
    }
  }

  digest(path: LayerPath): Promise<Digest> {
    const digest = this.lstat(path)?.digest
    if (digest === undefined) throw new Error(`not a file with a digest: ${JSON.stringify(path)}`)
    return Promise.resolve(digest)
  }

  read(path: LayerPath): Uint8Array | undefined {
    const content = (this.lstat(path)?.size ?? 0) <= smallFileSize ? this.#content(path) : undefined
    return content instanceof Uint8Array ? content : undefined
  }

  async *open(path: LayerPath): AsyncGenerator<Uint8Array> {
    const content = this.#content(path)
    if (content instanceof Uint8Array) yield content
    else if (content !== undefined) yield* content
  }

  /** Undefined for what has none. */
  #content(path: LayerPath): Uint8Array | AsyncIterable<Uint8Array> | undefined {
    const entry = this.lstat(path)
    const start = entry === undefined ? 0 : (this.#startOf.get(this.#paths.find(path)) ?? 0)
    return start === 0 ? undefined : this.#archive.read(start - 1, entry?.size ?? 0)
  }

  linkGroup(path: LayerPath): string | undefined {
    const number = this.mayLink() ? this.#paths.find(path) : -1
    const group = this.#kinds.get(number) === other ? (this.#groupOf.get(number) ?? 0) : 0
    return group === 0 ? undefined : String(group)
  }

  mayLink(): boolean {
    return this.#groups > 0
  }

  describeIgnored(): undefined {
    return undefined
  }

  close(): void {
    this.#records.close()
    this.#pool.close()
    this.#archive.close()
  }
}
