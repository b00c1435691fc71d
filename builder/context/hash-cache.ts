import type { LayerPath } from '../layers/entry.ts'
import {
  type HashRecords,
  hasHash,
  hasXattrs,
  type NewRecords,
  noRecords,
  numbersPerRecord,
  readHashFile,
  writeHashFile,
} from './hash-cache-file.ts'
import type { NodeTable } from './node-table.ts'
import type { StatSignature } from './stat-signature.ts'

/** Beyond this many, records of paths that no build looked at go. */
const maxRecords = 1_000_000

/**
 * Digests and extended attributes of the files of one context, by path and stat, kept in a file between builds. Only what
 * was settled when it was read is kept (`isSettled`), so whatever is found again can be trusted.
 */
export class HashCache {
  readonly stored: HashRecords
  readonly #file: string
  #positions: ReadonlyMap<LayerPath, number> | undefined
  /** Where the next path is expected: a walk goes as the one went that made the file. */
  #next = 0

  /** A file that cannot be used counts as empty. */
  constructor(file: string) {
    this.#file = file
    this.stored = readHashFile(file) ?? noRecords
  }

  /** The position in `stored` of what was known of a path when it had this signature. */
  find(path: LayerPath, signature: StatSignature): number | undefined {
    const position = this.#positionOf(path)
    return position !== undefined && this.#matches(position, signature) ? position : undefined
  }

  /** Writes the file when something was learned. A data folder that is full or read-only is no reason to fail a build. */
  save(nodes: NodeTable): void {
    const learned = [...nodes.worthKeeping()]
    if (learned.length === 0) return
    try {
      writeHashFile(this.#file, this.#merge(nodes, learned))
    } catch {}
  }

  #positionOf(path: LayerPath): number | undefined {
    const { paths } = this.stored
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
    const { numbers } = this.stored
    return (
      numbers[at + 5] === signature.ctimeMs &&
      numbers[at + 1] === signature.ino &&
      numbers[at + 2] === signature.size &&
      numbers[at + 4] === signature.mtimeMs &&
      numbers[at + 3] === signature.mode &&
      numbers[at] === signature.dev
    )
  }

  #merge(nodes: NodeTable, learned: readonly number[]): NewRecords {
    const kept: number[] = []
    for (const [position, path] of this.stored.paths.entries()) if (!nodes.isOutdated(path)) kept.push(position)
    return mergeRecords(this.stored, kept.length + learned.length > maxRecords ? [] : kept, { nodes, learned })
  }
}

function mergeRecords(
  stored: HashRecords,
  kept: readonly number[],
  { nodes, learned }: { readonly nodes: NodeTable; readonly learned: readonly number[] },
): NewRecords {
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
  for (const [index, number] of learned.entries()) {
    const to = kept.length + index
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = nodes.signature(number)
    numbers.set([dev, ino, size, mode, mtimeMs, ctimeMs], to * numbersPerRecord)
    mtimes[to] = nodes.mtime(number)
    const [hash, attributes] = [nodes.hash(number), nodes.xattrs(number)]
    if (nodes.hasDigest(number)) hashes.set(hash, to * 32)
    flags[to] = (nodes.hasDigest(number) ? hasHash : 0) | (attributes.size === 0 ? 0 : hasXattrs)
    if (attributes.size > 0) xattrs.set(to, encodeXattrs(attributes))
  }
  function* paths(): Generator<LayerPath> {
    for (const position of kept) yield stored.paths[position] ?? ''
    for (const number of learned) yield nodes.paths.path(number)
  }
  return { paths: paths(), numbers, mtimes, hashes, flags, xattrs }
}

function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): [string, string][] {
  return [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')])
}
