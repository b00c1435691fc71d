import { type Digest, digestFromHash } from '../../shared/base/digest.ts'
import { baseOf, type LayerPath, parentOf } from '../layers/entry.ts'
import {
  type HashRecords,
  hasHash,
  hasXattrs,
  noRecords,
  numbersPerRecord,
  readHashFile,
  writeHashFile,
} from './hash-cache-file.ts'
import { isSettled, type StatSignature, sameSignature } from './stat-signature.ts'

/** What is known of a path: its extended attributes and, when its content was read, its digest. */
export interface Known {
  readonly digest: Digest | undefined
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** The exact modification time, nanoseconds. */
  readonly mtime: bigint
}

interface Learned extends Known {
  readonly signature: StatSignature
  /** The time before it was read, milliseconds. */
  readonly readAt: number
}

/** Beyond this many, records of paths that no build looked at go. */
const maxRecords = 1_000_000

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

/**
 * Digests and extended attributes of the files of one context, by path and stat, kept in a file between builds. Only what
 * was settled when it was read is kept ({@link isSettled}), so whatever is found again can be trusted.
 */
export class HashCache {
  readonly #file: string
  readonly #stored: HashRecords
  #positions: ReadonlyMap<LayerPath, number> | undefined
  /** Where the next path is expected: a walk goes as the one went that made the file. */
  #next = 0
  readonly #learned = new Map<LayerPath, Learned>()
  readonly #listed = new Map<LayerPath, readonly string[]>()

  /** A file that cannot be used counts as empty. */
  constructor(file: string) {
    this.#file = file
    this.#stored = readHashFile(file) ?? noRecords
  }

  /** What was known of a path when it had this signature. */
  get(path: LayerPath, signature: StatSignature): Known | undefined {
    const learned = this.#learned.size === 0 ? undefined : this.#learned.get(path)
    if (learned !== undefined) return sameSignature(learned.signature, signature) ? learned : undefined
    const index = this.#positionOf(path)
    if (index === undefined || !this.#matches(index, signature)) return undefined
    return { digest: this.#digestAt(index), xattrs: this.#xattrsAt(index), mtime: this.#stored.mtimes[index] ?? 0n }
  }

  set(path: LayerPath, learned: Learned): void {
    this.#learned.set(path, learned)
  }

  /** All names of a directory: what was remembered of others in it is forgotten when the file is written. */
  listed(directory: LayerPath, names: readonly string[]): void {
    this.#listed.set(directory, names)
  }

  /** Writes the file when something was learned. A data folder that is full or read-only is no reason to fail a build. */
  save(): void {
    const learned = [...this.#learned].filter(([, known]) => isSettled(known.signature, known.readAt))
    if (learned.length === 0) return
    try {
      writeHashFile(this.#file, this.#merge(learned))
    } catch {}
  }

  #positionOf(path: LayerPath): number | undefined {
    const { paths } = this.#stored
    let index: number | undefined = this.#next
    if (paths[index] !== path) {
      this.#positions ??= new Map(paths.map((stored, position) => [stored, position]))
      index = this.#positions.get(path)
    }
    if (index !== undefined) this.#next = index + 1
    return index
  }

  #matches(index: number, signature: StatSignature): boolean {
    const at = index * numbersPerRecord
    const { numbers } = this.#stored
    return (
      numbers[at + 5] === signature.ctimeMs &&
      numbers[at + 1] === signature.ino &&
      numbers[at + 2] === signature.size &&
      numbers[at + 4] === signature.mtimeMs &&
      numbers[at + 3] === signature.mode &&
      numbers[at] === signature.dev
    )
  }

  #digestAt(index: number): Digest | undefined {
    if (((this.#stored.flags[index] ?? 0) & hasHash) === 0) return undefined
    return digestFromHash(this.#stored.hashes.subarray(index * 32, index * 32 + 32))
  }

  #xattrsAt(index: number): ReadonlyMap<string, Uint8Array> {
    if (((this.#stored.flags[index] ?? 0) & hasXattrs) === 0) return noXattrs
    return new Map((this.#stored.xattrs.get(index) ?? []).map(([name, value]) => [name, Buffer.from(value, 'base64')]))
  }

  #merge(learned: readonly (readonly [LayerPath, Learned])[]): HashRecords {
    const listed = new Map([...this.#listed].map(([directory, names]) => [directory, new Set(names)]))
    const isKept = (path: LayerPath): boolean => !this.#learned.has(path) && isListed(path, listed)
    const kept = this.#stored.paths.flatMap((path, index) => (isKept(path) ? [index] : []))
    return mergeRecords(this.#stored, kept.length + learned.length > maxRecords ? [] : kept, learned)
  }
}

/** Whether a path is in every directory above it that was listed. */
function isListed(path: LayerPath, listed: ReadonlyMap<LayerPath, ReadonlySet<string>>): boolean {
  for (let inner = path; inner !== ''; inner = parentOf(inner)) {
    if (listed.get(parentOf(inner))?.has(baseOf(inner)) === false) return false
  }
  return true
}

function mergeRecords(
  stored: HashRecords,
  kept: readonly number[],
  learned: readonly (readonly [LayerPath, Learned])[],
): HashRecords {
  const count = kept.length + learned.length
  const numbers = new Float64Array(count * numbersPerRecord)
  const mtimes = new BigInt64Array(count)
  const hashes = Buffer.alloc(count * 32)
  const flags = new Uint8Array(count)
  const xattrs = new Map<number, readonly (readonly [string, string])[]>()
  for (const [to, from] of kept.entries()) {
    numbers.set(stored.numbers.subarray(from * numbersPerRecord, (from + 1) * numbersPerRecord), to * numbersPerRecord)
    mtimes[to] = stored.mtimes[from] ?? 0n
    hashes.set(stored.hashes.subarray(from * 32, from * 32 + 32), to * 32)
    flags[to] = stored.flags[from] ?? 0
    const attributes = stored.xattrs.get(from)
    if (attributes !== undefined) xattrs.set(to, attributes)
  }
  for (const [index, [, known]] of learned.entries()) {
    const to = kept.length + index
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = known.signature
    numbers.set([dev, ino, size, mode, mtimeMs, ctimeMs], to * numbersPerRecord)
    mtimes[to] = known.mtime
    if (known.digest !== undefined) hashes.set(Buffer.from(known.digest.slice(7), 'hex'), to * 32)
    flags[to] = (known.digest === undefined ? 0 : hasHash) | (known.xattrs.size === 0 ? 0 : hasXattrs)
    if (known.xattrs.size > 0) xattrs.set(to, encodeXattrs(known.xattrs))
  }
  const paths = [...kept.map((index) => stored.paths[index] ?? ''), ...learned.map(([path]) => path)]
  return { paths, numbers, mtimes, hashes, flags, xattrs }
}

function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): [string, string][] {
  return [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')])
}
