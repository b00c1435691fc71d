import { dirname } from 'node:path'
import { compareMet, type LayerPath } from '../layers/entry.ts'
import type { HashRecord } from './hash-block.ts'
import { type HashFile, openHashFile, type RecordPlace, writeHashFile } from './hash-cache-file.ts'
import { countLearned, isOutdated, learnedRecords } from './learned-records.ts'
import type { NodeTable } from './node-table.ts'
import type { StatSignature } from './stat-signature.ts'

/** Beyond this many, records of paths that no build looked at go. */
const maxRecords = 4_000_000

/**
 * Digests and extended attributes of the files of one context, by path and stat, kept in a file between builds. Only what
 * was settled when it was read is kept (`isSettled`), so whatever is found again can be trusted.
 */
export class HashCache {
  /** Where the file is, and others for a time may be. */
  readonly folder: string
  readonly #file: string
  readonly #stored: HashFile | undefined

  /** A file that cannot be used counts as empty. */
  constructor(file: string) {
    this.folder = dirname(file)
    this.#file = file
    this.#stored = openHashFile(file)
  }

  /** What was known of a path when it had this signature. */
  find(path: LayerPath, signature: StatSignature): RecordPlace | undefined {
    return this.#stored?.find(path, signature)
  }

  /** Writes the file when something was learned. A data folder that is full or read-only is no reason to fail a build. */
  save(nodes: NodeTable): void {
    const learned = countLearned(nodes)
    if (learned === 0) return
    try {
      const kept = this.#mayKeep(nodes, learned) ? this.#kept(nodes) : []
      writeHashFile(this.#file, mergeRecords(kept, learnedRecords(nodes)))
    } catch {}
  }

  close(): void {
    this.#stored?.close()
  }

  #mayKeep(nodes: NodeTable, learned: number): boolean {
    if ((this.#stored?.count ?? 0) + learned <= maxRecords) return true
    let count = 0
    for (const _ of this.#kept(nodes)) count++
    return count + learned <= maxRecords
  }

  *#kept(nodes: NodeTable): Generator<HashRecord> {
    for (const record of this.#stored?.records() ?? []) if (!isOutdated(nodes, record.path)) yield record
  }
}

/** Both are in order, and have no path in common. */
function* mergeRecords(kept: Iterable<HashRecord>, learned: Iterable<HashRecord>): Generator<HashRecord> {
  const others = kept[Symbol.iterator]()
  let other = others.next()
  for (const record of learned) {
    for (; other.done !== true && compareMet(other.value.path, record.path) < 0; other = others.next())
      yield other.value
    yield record
  }
  for (; other.done !== true; other = others.next()) yield other.value
}
