import { createHash, hash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { type Digest, digestFromHash, digestOf, parseDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { hostPath } from './layer-ref.ts'
import { opaqueHeader, tarEnd, tarHeader, tarPadding } from './tar/write.ts'

/** A file whose content went by. */
export type OnContent = (entry: LayerEntry, digest: Digest, dataOffset: number) => void

const bufferSize = 1 << 20
const emptyDigest = digestOf('')
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW

/**
 * The tar of sorted records whose contents are files in `dir`, in pieces of up to 1 MiB. Contents are read straight into
 * the piece, and hashed there. DIGEST_MISMATCH when a file is shorter than its record says.
 */
export class TarAssembly {
  readonly #dir: string
  readonly #onContent: OnContent
  readonly #reuse: boolean
  #buffer = Buffer.allocUnsafeSlow(16 * 1024)
  #filled = 0
  #flushed = 0

  /** With `reuse` a piece is only valid until the next one is asked for. */
  constructor(dir: string, onContent: OnContent, reuse: boolean) {
    this.#dir = dir
    this.#onContent = onContent
    this.#reuse = reuse
  }

  *pieces(records: Iterable<LayerEntry>): Generator<Buffer> {
    for (const entry of records) {
      if (entry.type !== 'whiteout' || !entry.opaque) yield* this.#bytes(tarHeader(entry))
      if (entry.opaque) yield* this.#bytes(opaqueHeader(entry))
      if (entry.type === 'file') yield* this.#content(entry)
    }
    yield* this.#bytes(tarEnd)
    yield* this.#flush()
  }

  *#bytes(bytes: Uint8Array): Generator<Buffer> {
    for (let done = 0; done < bytes.length; ) {
      if (this.#room(bytes.length - done) === 0) yield* this.#flush()
      const part = bytes.subarray(done, done + this.#buffer.length - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.length
      done += part.length
    }
  }

  *#content(entry: LayerEntry): Generator<Buffer> {
    if (entry.size === 0) return this.#onContent(entry, emptyDigest, -1)
    if (this.#room(entry.size) < entry.size) yield* this.#flush()
    const dataOffset = this.#flushed + this.#filled
    const fd = openSync(hostPath(this.#dir, entry.path), openFlags)
    try {
      const small = entry.size <= this.#room(entry.size)
      const digest = small ? this.#readSmall(fd, entry) : yield* this.#readLarge(fd, entry)
      this.#onContent(entry, digest, dataOffset)
    } finally {
      closeSync(fd)
    }
    return yield* this.#bytes(tarPadding(entry.size))
  }

  #readSmall(fd: number, entry: LayerEntry): Digest {
    const start = this.#filled
    while (this.#filled < start + entry.size) this.#read(fd, entry, start + entry.size - this.#filled)
    return parseDigest(`sha256:${hash('sha256', this.#buffer.subarray(start, this.#filled), 'hex')}`)
  }

  *#readLarge(fd: number, entry: LayerEntry): Generator<Buffer, Digest> {
    const hasher = createHash('sha256')
    for (let left = entry.size; left > 0; ) {
      if (this.#filled === this.#buffer.length) yield* this.#flush()
      this.#room(left)
      const start = this.#filled
      left -= this.#read(fd, entry, left)
      hasher.update(this.#buffer.subarray(start, this.#filled))
    }
    return digestFromHash(hasher.digest())
  }

  #read(fd: number, entry: LayerEntry, most: number): number {
    const count = readSync(fd, this.#buffer, this.#filled, Math.min(most, this.#buffer.length - this.#filled), null)
    if (count === 0) {
      throw new IbuildError(
        'DIGEST_MISMATCH',
        `the snapshot's file ${JSON.stringify(entry.path)} is shorter than recorded`,
      )
    }
    this.#filled += count
    return count
  }

  /** The free bytes of the buffer, which grows up to {@link bufferSize} to have `wanted`. */
  #room(wanted: number): number {
    const needed = this.#filled + wanted
    if (needed > this.#buffer.length && this.#buffer.length < bufferSize) {
      const larger = Buffer.allocUnsafeSlow(Math.min(bufferSize, Math.max(needed, 4 * this.#buffer.length)))
      this.#buffer.copy(larger, 0, 0, this.#filled)
      this.#buffer = larger
    }
    return this.#buffer.length - this.#filled
  }

  *#flush(): Generator<Buffer> {
    const piece = this.#buffer.subarray(0, this.#filled)
    this.#flushed += this.#filled
    this.#filled = 0
    if (!this.#reuse) this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length)
    if (piece.length > 0) yield piece
  }
}
