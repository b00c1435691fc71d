import type { Stats } from 'node:fs'
import { type Digest, digestFromHash, hexOf } from '../../shared/base/digest.ts'
import { byteColumn, Column, floatColumn, intColumn, pageSize } from '../layers/columns.ts'
import type { EntryType, LayerEntry, LayerPath } from '../layers/entry.ts'
import { PathTable } from '../layers/path-table.ts'
import { type HashRecords, hasHash, hasXattrs, numbersPerRecord } from './hash-cache-file.ts'
import { entryOf } from './stat-entry.ts'
import { isSettled, type StatSignature } from './stat-signature.ts'

/** What was found at a path. */
export interface Found {
  readonly type: EntryType
  readonly stats: Stats
  /** The text of a symlink. */
  readonly linkname: string
  /** The position of what was remembered of it. */
  readonly remembered: number | undefined
  /** What was learned just now, when nothing was remembered. */
  readonly learned: Learned | undefined
}

export interface Learned {
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  readonly mtime: bigint
  /** The time before it was read, milliseconds. */
  readonly readAt: number
}

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

/** What a build has seen of the paths of a context, in columns: about 170 bytes for each. A path has a number, its own for good. */
export class NodeTable {
  readonly paths = new PathTable()
  readonly #flags = byteColumn()
  readonly #types = byteColumn()
  readonly #stored: HashRecords
  /** 1 + the position of what is remembered, 0 for nothing. */
  readonly #remembered = intColumn()
  /** As in {@link HashRecords}, of what is not remembered. */
  readonly #numbers = floatColumn()
  readonly #mtimes = new Column((length) => new BigInt64Array(length))
  readonly #readAt = floatColumn()
  readonly #hashes = new Column((length) => Buffer.alloc(length))
  readonly #xattrs = new Map<number, ReadonlyMap<string, Uint8Array>>()
  readonly #linknames = new Map<number, string>()
  readonly #devices = new Map<number, number>()
  #hasLinks = false
  /** What can be seen in directories that were read, in order. */
  readonly #lists = new Map<number, readonly number[]>()

  /** `stored` is what is remembered of earlier builds. */
  constructor(stored: HashRecords) {
    this.#stored = stored
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
    if (linkname !== '') this.#linknames.set(number, linkname)
    if (type === 'char' || type === 'block') this.#devices.set(number, stats.rdev)
    if (type === 'file' && stats.nlink > 1) this.#setLinked(number)
    if (remembered === undefined) this.#setNumbers(number, stats)
    else this.#remember(number, remembered)
    if (learned !== undefined) this.#learn(number, type, learned)
  }

  #setNumbers(number: number, { dev, ino, size, mode, mtimeMs, ctimeMs }: StatSignature): void {
    const first = number * numbersPerRecord
    this.#numbers.set(first, dev)
    this.#numbers.set(first + 1, ino)
    this.#numbers.set(first + 2, size)
    this.#numbers.set(first + 3, mode)
    this.#numbers.set(first + 4, mtimeMs)
    this.#numbers.set(first + 5, ctimeMs)
  }

  #setLinked(number: number): void {
    this.#hasLinks = true
    this.#flag(number, isLinked)
  }

  /** What is remembered is read where it is stored. */
  #remember(number: number, position: number): void {
    this.#remembered.set(number, position + 1)
    const flags = this.#stored.flags[position] ?? 0
    if ((flags & hasHash) !== 0) this.#flag(number, hasDigest)
    const xattrs = (flags & hasXattrs) === 0 ? undefined : this.#stored.xattrs.get(position)
    if (xattrs === undefined) return
    this.#setXattrs(number, new Map(xattrs.map(([name, value]) => [name, Buffer.from(value, 'base64')])))
  }

  #learn(number: number, type: EntryType, { xattrs, mtime, readAt }: Learned): void {
    this.#mtimes.set(number, mtime)
    this.#readAt.set(number, readAt)
    if (xattrs.size > 0) this.#setXattrs(number, xattrs)
    if (type === 'file' || type === 'dir') this.#flag(number, isNew)
  }

  #setXattrs(number: number, xattrs: ReadonlyMap<string, Uint8Array>): void {
    this.#xattrs.set(number, xattrs)
    this.#flag(number, hasAttributes)
  }

  /** The entry with this path. */
  entry(number: number, path: LayerPath): LayerEntry {
    const type = this.type(number)
    const stats = {
      size: this.#number(number, 2),
      mode: this.#number(number, 3),
      rdev: type === 'char' || type === 'block' ? (this.#devices.get(number) ?? 0) : 0,
    }
    const linkname = type === 'symlink' ? (this.#linknames.get(number) ?? '') : ''
    const xattrs = this.xattrs(number)
    const known = { xattrs, mtime: this.mtime(number), digest: this.digest(number) }
    return entryOf({ path, type, stats, linkname }, known)
  }

  hasDigest(number: number): boolean {
    return this.#has(number, hasDigest)
  }

  digest(number: number): Digest | undefined {
    return this.hasDigest(number) ? digestFromHash(this.hash(number)) : undefined
  }

  /** SHA-256 of the content. */
  hash(number: number): Buffer {
    const position = this.#has(number, isHashed) ? 0 : (this.#remembered.get(number) ?? 0)
    if (position > 0) return this.#stored.hashes.subarray(position * 32 - 32, position * 32)
    return this.#ownHash(number)
  }

  #ownHash(number: number): Buffer {
    const place = (number * 32) % pageSize
    return this.#hashes.page(number * 32).subarray(place, place + 32)
  }

  /** One of the numbers of a record. */
  #number(number: number, which: number): number {
    const position = this.#remembered.get(number) ?? 0
    if (position > 0) return this.#stored.numbers[(position - 1) * numbersPerRecord + which] ?? 0
    return this.#numbers.get(number * numbersPerRecord + which) ?? 0
  }

  mtime(number: number): bigint {
    const position = this.#remembered.get(number) ?? 0
    return (position > 0 ? this.#stored.mtimes[position - 1] : this.#mtimes.get(number)) ?? 0n
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
    return {
      dev: this.#number(number, 0),
      ino: this.#number(number, 1),
      size: this.#number(number, 2),
      mode: this.#number(number, 3),
      mtimeMs: this.#number(number, 4),
      ctimeMs: this.#number(number, 5),
    }
  }

  setDigest(number: number, digest: Digest, readAt: number): void {
    this.#ownHash(number).write(hexOf(digest), 'hex')
    this.#readAt.set(number, readAt)
    this.#flag(number, hasDigest | isHashed | isNew)
  }

  /** True when an unchanged stat, compared before and after reading, proves that the content is what was hashed. */
  isVouched(number: number): boolean {
    if (!this.#has(number, hasDigest)) return false
    return !this.#has(number, isHashed) || this.#isSettled(number)
  }

  /** What a directory has, in order, undefined when it was not read. */
  list(directory: number): readonly number[] | undefined {
    return this.#lists.get(directory)
  }

  setList(directory: number, visible: readonly number[]): void {
    this.#lists.set(directory, visible)
  }

  /** The path is one of the names in its directory, to be seen or not. */
  setNamed(number: number): void {
    this.#flag(number, isNamed)
  }

  /** What this build learned and the next one can trust. */
  *worthKeeping(): Generator<number> {
    for (let number = 0; number < this.paths.size; number++) {
      if (this.#has(number, isNew) && this.#isSettled(number)) yield number
    }
  }

  /** True when what was remembered of a path does not hold any more: it was learned anew, or its directory has it no more. */
  isOutdated(path: LayerPath): boolean {
    const known = this.paths.find(path)
    if (known >= 0 && this.#has(known, isNew)) return true
    let number = 0
    for (const name of path.split('/')) {
      const inner = this.paths.find(name, number)
      if (this.#lists.has(number) && (inner < 0 || !this.#has(inner, isNamed))) return true
      if (inner < 0) return false
      number = inner
    }
    return false
  }

  #isSettled(number: number): boolean {
    return isSettled({ ctimeMs: this.#numbers.get(number * numbersPerRecord + 5) ?? 0 }, this.#readAt.get(number) ?? 0)
  }

  #has(number: number, flag: number): boolean {
    return ((this.#flags.get(number) ?? 0) & flag) !== 0
  }

  #flag(number: number, flags: number): void {
    this.#flags.set(number, (this.#flags.get(number) ?? 0) | flags)
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()
