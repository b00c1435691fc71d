import { pageBytes } from '../../../shared/sys/page-memory.ts'
import type { UploadBytes } from '../blob-types.ts'
import { countGarbage } from './chunk-garbage.ts'
import { eachChunk } from './each-chunk.ts'
import { fillSlab } from './fill-slab.ts'
import type { Slab, Slabs } from './slabs.ts'
import type { UploadDigest } from './upload-digest.ts'

export interface TakeInOptions {
  readonly upload: UploadBytes
  readonly digest: UploadDigest
  readonly slabs: Slabs
  /** Bytes that may come; with one more the body is refused with {@link TooManyBytes}, and those are kept. */
  readonly limit: number
  /** Called now and then while bytes come; rejects when no more are to be taken. */
  readonly check?: () => Promise<void>
}

/** A body went beyond the limit. */
export class TooManyBytes extends Error {
  override readonly name = 'TooManyBytes'
}

/** Of an upload at once: one being filled, the others being written and hashed. With 768 KiB each that is some 2 MiB. */
const slabsInWork = 2
/** Bytes of a chunk that is taken at once; of a larger one the slabs could not be waited for. */
const largest = 256 * 1024
/** Milliseconds after which bytes are written though the slab is not full. */
const patience = 500

/**
 * Appends a body to an upload: bytes are gathered in slabs, each of which is written and hashed at the same time, while the
 * next one is filled. All that came is appended when this settles, also when it rejects: with the body's error, or that of
 * writing.
 */
export async function takeIn(body: AsyncIterable<Uint8Array>, options: TakeInOptions): Promise<void> {
  const intake = new Intake(options)
  try {
    await eachChunk(body, (chunk) => intake.take(chunk))
  } finally {
    await intake.finish()
  }
}

class Intake {
  readonly #options: TakeInOptions
  readonly #inWork = new Set<Promise<void>>()
  #slab: Slab | undefined
  #filled = 0
  /** How many bytes the slab takes. */
  #room = 0
  /** Where in the upload the slab begins. */
  #position: number
  #left: number
  #writing: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined
  #timer: NodeJS.Timeout | undefined
  /** The pieces of a large chunk that are still taken, though its stream may have broken off. */
  #pieces: Promise<void> | undefined

  constructor(options: TakeInOptions) {
    this.#options = options
    this.#left = options.limit
    this.#position = options.upload.size
  }

  take(chunk: Uint8Array): Promise<void> | undefined {
    if (chunk.byteLength > largest) return (this.#pieces = this.#takeInPieces(chunk))
    if (this.#failure !== undefined) throw this.#failure.error
    const allowed = chunk.byteLength > this.#left ? chunk.subarray(0, this.#left) : chunk
    this.#left -= allowed.byteLength
    const waited = this.#gather(allowed)
    countGarbage(allowed)
    if (allowed !== chunk) throw new TooManyBytes(`more than the ${this.#options.limit} bytes that may come`)
    return waited
  }

  async #takeInPieces(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += largest) await this.take(chunk.subarray(at, at + largest))
  }

  /** Appends what is gathered, and waits for all. */
  async finish(): Promise<void> {
    await this.#pieces?.catch(() => undefined)
    clearTimeout(this.#timer)
    this.#flush(true)
    while (this.#inWork.size > 0) await Promise.all(this.#inWork)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #gather(chunk: Uint8Array): Promise<void> | undefined {
    for (let done = 0; done < chunk.byteLength; ) {
      const slab = (this.#slab ??= this.#takeSlab())
      const part = chunk.subarray(done, done + this.#room - this.#filled)
      fillSlab(slab, this.#filled, part)
      this.#filled += part.byteLength
      done += part.byteLength
      if (this.#filled === this.#room) this.#flush(false)
    }
    this.#watch()
    return this.#inWork.size < slabsInWork ? undefined : this.#oneDone()
  }

  /** One that is filled up to where a page of the file ends, so that the next one can be written past the system's cache. */
  #takeSlab(): Slab {
    const slab = this.#options.slabs.take()
    const isPages = slab.byteLength % pageBytes === 0
    this.#room = slab.byteLength - (isPages ? this.#position % pageBytes : 0)
    return slab
  }

  /** A client that sends little does not keep a slab for long. */
  #watch(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#flush(false), patience).unref()
    else this.#timer.refresh()
  }

  async #oneDone(): Promise<void> {
    await Promise.race(this.#inWork)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #flush(isLast: boolean): void {
    const slab = this.#slab
    if (slab === undefined) return
    const work = this.#work(slab.subarray(0, this.#filled), isLast)
    this.#slab = undefined
    this.#position += this.#filled
    this.#filled = 0
    const done = work.finally(() => {
      this.#options.slabs.give(slab)
      this.#inWork.delete(done)
    })
    this.#inWork.add(done)
  }

  /** Hashes and writes, the latter in order, one after the other. Never rejects. */
  async #work(bytes: Slab, isLast: boolean): Promise<void> {
    const { upload, digest, check } = this.#options
    const before = this.#writing
    let hashing: Promise<void> | undefined
    this.#writing = (async () => {
      await before
      if (this.#failure !== undefined) return
      hashing = digest.show(bytes, upload.size, isLast)
      try {
        await check?.()
        await upload.append(bytes)
      } catch (error) {
        this.#failure ??= { error }
        // It has seen bytes that are not there.
        await hashing
        await digest.forget()
      }
    })()
    await this.#writing
    await hashing
  }
}
