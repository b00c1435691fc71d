import { setImmediate } from 'node:timers/promises'
import type { HttpBody } from './types.ts'

/** Whoever gives the pieces: it can be told to wait, to go on, and to stop for good. */
export interface BodySource {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** Bytes that wait for a reader before the source is told to wait. */
const mostWaiting = 1024 * 1024
/** A rest of an answer that is read, so that its connection can be used again. */
const shortRest = 64 * 1024

/** The body of an answer: pieces are pushed in at one end and read at the other, once. */
export class AnswerBody implements HttpBody {
  readonly #source: BodySource
  readonly #explain: (error: unknown) => unknown
  #waiting: Uint8Array[] = []
  #size = 0
  #isPaused = false
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(source: BodySource, explain: (error: unknown) => unknown) {
    this.#source = source
    this.#explain = explain
  }

  push(piece: Uint8Array): void {
    this.#waiting.push(piece)
    this.#size += piece.length
    if (this.#size > mostWaiting && !this.#isPaused) {
      this.#isPaused = true
      this.#source.pause()
    }
    this.#wake?.()
  }

  /** Nothing more comes; with an error, which is thrown after what came before it was read. */
  finish(end: { readonly error?: unknown } = {}): void {
    this.#end ??= end
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const pieces = this.#take()
        for (const piece of pieces) yield piece
        if (pieces.length > 0) continue
        if (this.#end !== undefined) break
        await this.#more()
      }
    } finally {
      this.#stop()
    }
    if ('error' in this.#end) throw this.#explain(this.#end.error)
    await setImmediate() // until then the connection is not free, and the next request would open another one
  }

  async discard(): Promise<void> {
    let read = 0
    try {
      for await (const piece of this) {
        read += piece.length
        if (read > shortRest) return
      }
    } catch {
      // Nobody wants it.
    }
  }

  #take(): Uint8Array[] {
    const pieces = this.#waiting
    this.#waiting = []
    this.#size = 0
    if (this.#isPaused) {
      this.#isPaused = false
      this.#source.resume()
    }
    return pieces
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** A reader that stops early leaves a connection on which the rest would still come. */
  #stop(): void {
    if (this.#end === undefined) this.#source.abort(new Error('the answer is not read to its end'))
  }
}
