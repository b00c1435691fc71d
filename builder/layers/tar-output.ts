import { closeSync, fdatasync, openSync, rmSync, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { streamHash } from './stream-hash.ts'

/** A file being written whose digest is taken on the way. */
export interface TarOutput {
  /** Bytes so far. */
  readonly position: number
  /** Takes bytes; they may be reused after it returns. */
  write(bytes: Uint8Array): void
  /** Writes out what has gathered, when it is much. Call it between large pieces. */
  drain(): Promise<void>
  /** Writes out the rest, syncs when asked, closes. */
  end(sync: boolean): Promise<{ readonly diffID: Digest; readonly size: number }>
  /** Closes and removes the file. */
  abort(): void
}

const writeAsync = promisify(write)
const syncData = promisify(fdatasync)

/** Small pieces gather in a buffer of this size, so that a small layer is one write. */
const bufferSize = 512 * 1024

/** Opens `file` for writing, replacing it. DISK_FULL when the disk is full. */
export function openTarOutput(file: string): TarOutput {
  return new BufferedOutput(file)
}

/** Takes the digest alone: nothing is written. */
export function hashedOutput(): TarOutput {
  const hash = streamHash()
  let position = 0
  return {
    get position() {
      return position
    },
    write: (bytes) => {
      hash.update(bytes)
      position += bytes.length
    },
    drain: async () => undefined,
    end: async () => ({ diffID: hash.digest(), size: position }),
    abort: () => undefined,
  }
}

class BufferedOutput implements TarOutput {
  readonly #file: string
  readonly #fd: number
  readonly #hash = streamHash()
  #buffer = Buffer.allocUnsafe(16 * 1024)
  #filled = 0
  #flushed = 0
  #closed = false

  constructor(file: string) {
    this.#file = file
    this.#fd = openSync(file, 'w')
  }

  get position(): number {
    return this.#flushed + this.#filled
  }

  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#buffer.length) this.#grow(bytes.length)
    if (bytes.length > this.#buffer.length) {
      this.#put(bytes)
      return
    }
    this.#buffer.set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  /** Makes room for `more` bytes: a larger buffer up to {@link bufferSize}, then an empty one. */
  #grow(more: number): void {
    const wanted = this.#filled + more
    if (wanted > bufferSize) return this.#flush()
    const larger = Buffer.allocUnsafeSlow(Math.min(bufferSize, Math.max(wanted, this.#buffer.length * 4)))
    this.#buffer.copy(larger, 0, 0, this.#filled)
    this.#buffer = larger
  }

  #flush(): void {
    const filled = this.#buffer.subarray(0, this.#filled)
    this.#filled = 0
    if (filled.length > 0) this.#put(filled)
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#flushed += bytes.length
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done)
    } catch (error) {
      throw asDiskFull(error, this.#file)
    }
  }

  async drain(): Promise<void> {
    if (this.#filled < bufferSize / 2) return
    const bytes = this.#buffer.subarray(0, this.#filled)
    this.#buffer = Buffer.allocUnsafeSlow(bufferSize)
    this.#filled = 0
    this.#flushed += bytes.length
    await this.#putAsync(bytes)
  }

  async #putAsync(bytes: Buffer): Promise<void> {
    const writing = this.#writeAll(bytes)
    // The hash is taken on this thread while another one writes.
    this.#hash.update(bytes)
    await writing
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await writeAsync(this.#fd, bytes, done, bytes.length - done, null)).bytesWritten
      }
    } catch (error) {
      throw asDiskFull(error, this.#file)
    }
  }

  async end(sync: boolean): Promise<{ readonly diffID: Digest; readonly size: number }> {
    this.#flush()
    if (sync) await syncData(this.#fd)
    this.#closed = true
    closeSync(this.#fd)
    return { diffID: this.#hash.digest(), size: this.#flushed }
  }

  abort(): void {
    if (!this.#closed) closeSync(this.#fd)
    this.#closed = true
    rmSync(this.#file, { force: true })
  }
}

function asDiskFull(error: unknown, file: string): unknown {
  const errno = errnoOf(error)
  if (errno !== 'ENOSPC' && errno !== 'EDQUOT') return error
  return new IbuildError('DISK_FULL', `no space left to write ${file}`, { cause: error })
}
