import { type Digest, hexOf, parseDigest } from '../../shared/base/digest.ts'
import { ByteSpool } from '../layers/byte-spool.ts'
import { byteColumn, type Column } from '../layers/columns.ts'
import type { EntryType, LayerEntry, LayerPath } from '../layers/entry.ts'
import { PagePool } from '../layers/page-pool.ts'
import { PathTable } from '../layers/path-table.ts'
import type { Found, Learned } from './found.ts'
import { type HashRecord, hashWords } from './hash-block.ts'
import type { RecordPlace } from './hash-cache-file.ts'
import { NodeLists } from './node-lists.ts'
import { type NodePage, NodePages, nodesPerPage, numbersPerNode } from './node-pages.ts'
import { setSignature, signatureIn } from './node-signature.ts'
import { entryOf } from './stat-entry.ts'
import { isSettled, type StatSignature } from './stat-signature.ts'

const types: readonly EntryType[] = ['file', 'dir', 'symlink', 'char', 'block', 'fifo']

// What is known of a path.
const isSeen = 1
const isThere = 2
/** It can be remembered, and is not yet. */
const isNew = 4
const hasDigest = 8
/** Its digest was taken by this build. */
const isHashed = 16
const isNamed = 32
const hasAttributes = 64
const isLinked = 128

/**
 * What a build has seen of the paths of a context, in columns. A path has a number, its own for good, and takes about 45
 * bytes of memory; the rest is on the disk when the paths are many.
 */
export class NodeTable {
  readonly paths: PathTable
  /** What each directory that was read has, in order. */
  readonly lists: NodeLists
  readonly #pool: PagePool
  readonly #flags: Column<Uint8Array>
  readonly #types: Column<Uint8Array>
  readonly #pages: NodePages
  readonly #xattrs = new Map<number, ReadonlyMap<string, Uint8Array>>()
  /** Texts of symlinks. */
  readonly #texts: ByteSpool
  #hasLinks = false

  /** `folder` takes what is known of many paths; it is made when missing. */
  constructor(folder: string) {
    this.#pages = new NodePages(folder)
    this.#texts = new ByteSpool(folder)
    const pool = new PagePool(folder)
    this.#pool = pool
    this.paths = new PathTable(pool)
    this.#flags = byteColumn(pool)
    this.#types = byteColumn(pool)
    this.lists = new NodeLists(pool)
  }

  /** Ends the use; nothing is left on the disk. */
  close(): void {
    this.#pages.close()
    this.#texts.close()
    this.#pool.close()
  }

  /** The number of a path, or of a name in the directory with the number `from`. */
  number(path: LayerPath, from = 0): number {
    return this.paths.intern(path, from)
  }

  /** Whether it was looked at. */
  seen(number: number): boolean {
    return this.#has(number, isSeen)
  }

  isThere(number: number): boolean {
    return this.#has(number, isThere)
  }

  type(number: number): EntryType {
    return types[this.#types.get(number) ?? 0] ?? 'file'
  }

  /** Nothing can be seen there. */
  setAbsent(number: number): void {
    this.#flag(number, isSeen)
  }

  set(number: number, { type, stats, linkname, remembered, learned }: Found): void {
    this.#flag(number, isSeen | isThere)
    this.#types.set(number, types.indexOf(type))
    if (type === 'file' && stats.nlink > 1) this.#setLinked(number)
    const page = this.#pages.page(number)
    setSignature(page, number, stats)
    if (type === 'char' || type === 'block') page.extras[number % nodesPerPage] = stats.rdev
    if (type === 'symlink') this.#setText(page, number, linkname)
    if (remembered !== undefined) this.#remember(page, number, remembered)
    if (learned !== undefined) this.#learn(page, number, learned)
  }

  #setLinked(number: number): void {
    this.#hasLinks = true
    this.#flag(number, isLinked)
  }

  /** The length of the text is the size of the link. */
  #setText(page: NodePage, number: number, text: string): void {
    page.extras[number % nodesPerPage] = this.#texts.size
    page.numbers[(number % nodesPerPage) * numbersPerNode + 2] = text.length
    this.#texts.append(Buffer.from(text, 'latin1'))
  }

  #remember(page: NodePage, number: number, { block, at }: RecordPlace): void {
    page.mtimes[number % nodesPerPage] = block.mtime(at)
    const xattrs = block.xattrs(at)
    if (xattrs.size > 0) this.#setXattrs(number, xattrs)
    if (!block.hasHash(at)) return
    block.copyHash(at, page.hashWords, (number % nodesPerPage) * hashWords)
    this.#flag(number, hasDigest)
  }

  #learn(page: NodePage, number: number, { xattrs, mtime, readAt }: Learned): void {
    page.mtimes[number % nodesPerPage] = mtime
    if (xattrs.size > 0) this.#setXattrs(number, xattrs)
    const type = this.type(number)
    if (type !== 'file' && type !== 'dir') return
    page.extras[number % nodesPerPage] = readAt
    this.#flag(number, isNew)
  }

  #setXattrs(number: number, xattrs: ReadonlyMap<string, Uint8Array>): void {
    this.#xattrs.set(number, xattrs)
    this.#flag(number, hasAttributes)
  }

  /** The entry with this path. */
  entry(number: number, path: LayerPath): LayerEntry {
    const type = this.type(number)
    const page = this.#pages.page(number)
    const first = (number % nodesPerPage) * numbersPerNode
    const [size, mode] = [page.numbers[first + 2] ?? 0, page.numbers[first + 3] ?? 0]
    const extra = page.extras[number % nodesPerPage] ?? 0
    const stats = { size, mode, rdev: type === 'char' || type === 'block' ? extra : 0 }
    const linkname = type === 'symlink' ? this.#texts.read(extra, size).toString('latin1') : ''
    const mtime = page.mtimes[number % nodesPerPage] ?? 0n
    return entryOf({ path, type, stats, linkname }, { xattrs: this.xattrs(number), mtime, digest: this.digest(number) })
  }

  hasDigest(number: number): boolean {
    return this.#has(number, hasDigest)
  }

  digest(number: number): Digest | undefined {
    if (!this.hasDigest(number)) return undefined
    const at = (number % nodesPerPage) * 32
    return parseDigest(`sha256:${this.#pages.page(number).hashes.toString('hex', at, at + 32)}`)
  }

  /** SHA-256 of the content; valid until the next call. */
  #hash(number: number): Buffer {
    const at = (number % nodesPerPage) * 32
    return this.#pages.page(number).hashes.subarray(at, at + 32)
  }

  xattrs(number: number): ReadonlyMap<string, Uint8Array> {
    return this.#has(number, hasAttributes) ? (this.#xattrs.get(number) ?? noXattrs) : noXattrs
  }

  /** Whether any file seen so far has several names. */
  get hasLinks(): boolean {
    return this.#hasLinks
  }

  linkGroup(number: number): string | undefined {
    if (!this.#has(number, isLinked)) return undefined
    const { dev, ino } = this.signature(number)
    return `${dev}:${ino}`
  }

  signature(number: number): StatSignature {
    return signatureIn(this.#pages.page(number), number)
  }

  setDigest(number: number, digest: Digest, readAt: number): void {
    this.#hash(number).write(hexOf(digest), 'hex')
    this.#pages.page(number).extras[number % nodesPerPage] = readAt
    this.#flag(number, hasDigest | isHashed | isNew)
  }

  /** True when an unchanged stat, compared before and after reading, proves that the content is what was hashed. */
  isVouched(number: number): boolean {
    if (!this.#has(number, hasDigest)) return false
    return !this.#has(number, isHashed) || this.#isSettled(number)
  }

  /** The path is one of the names in its directory, to be seen or not. */
  setNamed(number: number): void {
    this.#flag(number, isNamed)
  }

  isNamed(number: number): boolean {
    return this.#has(number, isNamed)
  }

  /** What is to be remembered of a path. */
  record(number: number): HashRecord {
    return {
      path: this.paths.path(number),
      signature: this.signature(number),
      mtime: this.#pages.page(number).mtimes[number % nodesPerPage] ?? 0n,
      hash: this.hasDigest(number) ? Buffer.from(this.#hash(number)) : undefined,
      xattrs: this.xattrs(number),
    }
  }

  /** Whether this build learned something of it that the next one can trust. */
  isLearned(number: number): boolean {
    return this.#has(number, isNew) && this.#isSettled(number)
  }

  /** Whether this build learned something of it, to be trusted or not. */
  isNew(number: number): boolean {
    return this.#has(number, isNew)
  }

  /** Files and directories have the time before they were read as their extra number. */
  #isSettled(number: number): boolean {
    const page = this.#pages.page(number)
    return isSettled(signatureIn(page, number), page.extras[number % nodesPerPage] ?? 0)
  }

  #has(number: number, flag: number): boolean {
    return ((this.#flags.get(number) ?? 0) & flag) !== 0
  }

  #flag(number: number, flags: number): void {
    this.#flags.set(number, (this.#flags.get(number) ?? 0) | flags)
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()
