import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { mapDiskFullSync } from '../../shared/cas/disk.ts'

const blockSize = 64 * 1024
/** Bytes that are read at once where one after the other is likely to be wanted. */
const windowSize = 16 * 1024
/** So much stays in memory. */
const memoryLimit = 4 << 20

/**
 * Bytes that are appended, and read again from any place. When they are many they go into a file that has no name: nothing
 * is left of it when the process ends, however it does. DISK_FULL when there is no space for it.
 */
export class ByteSpool {
  /** Bytes so far. */
  size = 0
  readonly #folder: string | undefined
  readonly #memoryLimit: number
  /** While all is in memory: the whole blocks. */
  #blocks: Buffer[] = []
  /** What comes after the whole blocks. */
  #tail = Buffer.alloc(0)
  #fd: number | undefined
  /** What was read of the file last, and where it lies. */
  readonly #window = { bytes: Buffer.alloc(0), start: 0, end: 0 }

  /** `folder` is where the file goes; it is made when missing. Without it all stays in memory. */
  constructor(folder: string | undefined, limit = memoryLimit) {
    this.#folder = folder
    this.#memoryLimit = limit
  }

  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const filled = this.size % blockSize
      this.#reserve(filled, bytes.length - done)
      const part = bytes.subarray(done, done + blockSize - filled)
      this.#tail.set(part, filled)
      this.size += part.length
      done += part.length
      if (filled + part.length === blockSize) this.#endBlock()
    }
  }

  /** Bytes that were appended; valid until the next call. */
  read(start: number, length: number): Buffer {
    const end = start + length
    if (start < 0 || end > this.size) throw new RangeError(`no bytes ${start} to ${end} of ${this.size}`)
    const tailStart = this.#tailStart
    if (start >= tailStart) return this.#tail.subarray(start - tailStart, end - tailStart)
    return this.#fd === undefined ? this.#fromBlocks(start, end) : this.#fromFile(start, end)
  }

  /** To be called at the end of the use: nothing is left on the disk. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  get #tailStart(): number {
    return this.size - (this.size % blockSize)
  }

  /** The tail grows up to one block. */
  #reserve(filled: number, more: number): void {
    const wanted = Math.min(blockSize, filled + more)
    if (wanted <= this.#tail.length) return
    const least = this.size < blockSize ? 1024 : blockSize
    const larger = Buffer.allocUnsafeSlow(Math.min(blockSize, Math.max(least, wanted, this.#tail.length * 4)))
    this.#tail.copy(larger, 0, 0, filled)
    this.#tail = larger
  }

  #endBlock(): void {
    if (this.#fd === undefined) {
      this.#blocks.push(this.#tail)
      this.#tail = Buffer.alloc(0)
      if (this.#folder !== undefined && this.size > this.#memoryLimit) this.#spill(this.#folder)
    } else this.#write(this.#tail, this.size - blockSize)
  }

  #spill(folder: string): void {
    mapDiskFullSync(() => {
      mkdirSync(folder, { recursive: true })
      const file = join(folder, `spool-${randomUUID()}`)
      this.#fd = openSync(file, 'wx+', 0o600)
      rmSync(file)
    })
    for (const [i, block] of this.#blocks.entries()) this.#write(block, i * blockSize)
    this.#blocks = []
  }

  #write(bytes: Buffer, position: number): void {
    const fd = this.#fd ?? -1
    mapDiskFullSync(() => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
    })
  }

  #fromBlocks(start: number, end: number): Buffer {
    const first = Math.floor(start / blockSize)
    const from = start - first * blockSize
    if (from + end - start <= blockSize) return (this.#blocks[first] ?? this.#tail).subarray(from, from + end - start)
    const parts: Buffer[] = []
    for (let at = start; at < end; ) {
      const block = Math.floor(at / blockSize)
      const part = (this.#blocks[block] ?? this.#tail).subarray(at % blockSize, (at % blockSize) + end - at)
      parts.push(part)
      at += part.length
    }
    return Buffer.concat(parts, end - start)
  }

  #fromFile(start: number, end: number): Buffer {
    const window = this.#window
    if (start < window.start || end > window.end) this.#fill(start, Math.max(end, start + windowSize))
    return window.bytes.subarray(start - window.start, end - window.start)
  }

  #fill(start: number, wanted: number): void {
    const window = this.#window
    const end = Math.min(wanted, this.size)
    if (window.bytes.length < end - start) window.bytes = Buffer.allocUnsafeSlow(Math.max(windowSize, end - start))
    const fileEnd = Math.min(end, this.#tailStart)
    for (let at = start; at < fileEnd; ) {
      const count = readSync(this.#fd ?? -1, window.bytes, at - start, fileEnd - at, at)
      if (count === 0) throw new Error('a temporary file was cut short')
      at += count
    }
    this.#tail.copy(window.bytes, fileEnd - start, 0, end - fileEnd)
    Object.assign(window, { start, end })
  }
}
