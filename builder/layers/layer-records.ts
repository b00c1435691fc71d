import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { mapDiskFullSync } from '../../shared/cas/disk.ts'
import type { LayerEntry } from './entry.ts'
import { IndexEncoder } from './index-encode.ts'
import type { LayerIndex } from './index-types.ts'
import { openLayerIndex, parseLayerIndex } from './layer-index.ts'

/** The sorted records of one layer, encoded: any number of them takes little memory. They can be gone through again and again. */
export interface LayerRecords extends Iterable<LayerEntry> {
  readonly length: number
  /** As the store takes it. */
  readonly encoded: Uint8Array | { readonly file: string }
}

/** Takes the records of a layer one by one. */
export interface RecordsWriter {
  /** The next record, in order. Errors: INDEX_INVALID. */
  add(record: LayerEntry): void
  /** All of them; to be called once. */
  end(): LayerRecords
  /** Removes what lies on the disk, complete or not. */
  abort(): void
}

/** An index up to this size stays in memory: about 100 000 records. */
const memoryLimit = 8 << 20

/** Encodes records in memory or, when they become many, in `file`, which the caller removes with the folder that it is in. */
export function openRecords(file: string): RecordsWriter {
  const spool = new Spool(file)
  const encoder = new IndexEncoder(spool, dirname(file))
  return {
    add: (record) => encoder.add(record),
    end: () => {
      encoder.end()
      return spool.end(encoder.length)
    },
    abort: () => {
      encoder.close()
      spool.abort()
    },
  }
}

class Spool {
  readonly #file: string
  /** The bytes so far, by their position, while they are in memory. */
  readonly #pieces = new Map<number, Buffer>()
  #size = 0
  #fd: number | undefined

  constructor(file: string) {
    this.#file = file
  }

  write(bytes: Buffer): void {
    if (this.#fd === undefined && this.#size + bytes.length > memoryLimit) this.#spill()
    if (this.#fd === undefined) this.#pieces.set(this.#size, bytes)
    else append(this.#fd, bytes)
    this.#size += bytes.length
  }

  read(offset: number, length: number): Buffer {
    if (this.#fd === undefined) return this.#pieces.get(offset) ?? Buffer.alloc(0)
    const bytes = Buffer.allocUnsafeSlow(length)
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, length, offset))
  }

  end(length: number): LayerRecords {
    if (this.#fd === undefined) {
      const encoded = Buffer.concat([...this.#pieces.values()])
      const index = parseLayerIndex(encoded)
      return { length, encoded, [Symbol.iterator]: () => index.entries()[Symbol.iterator]() }
    }
    this.#close()
    const open = (): LayerIndex => openLayerIndex(this.#file, { keptBlocks: 1 })
    return { length, encoded: { file: this.#file }, [Symbol.iterator]: () => open().entries()[Symbol.iterator]() }
  }

  abort(): void {
    this.#close()
    rmSync(this.#file, { force: true })
  }

  #spill(): void {
    this.#fd = openSync(this.#file, 'w+')
    for (const piece of this.#pieces.values()) append(this.#fd, piece)
    this.#pieces.clear()
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}

function append(fd: number, bytes: Buffer): void {
  mapDiskFullSync(() => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
  })
}
