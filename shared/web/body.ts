import type { IncomingMessage } from 'node:http'
import { letContinue } from './expect.ts'
import type { WebLimits } from './limits.ts'

/** A request whose body is read. */
export interface BodyRequest {
  readonly message: IncomingMessage
  /** Bytes of the body that were read so far; counted here. */
  receivedBytes: number
}

/** How slowly a body may come. */
export interface BodyLimits extends Pick<WebLimits, 'slowBodyTime' | 'slowBodyBytes'> {
  /** What is rejected with when it comes more slowly: an answer with status 408. */
  readonly tooSlow: () => Error
}

/**
 * The body of a request, as it comes; one that is left early leaves the connection as it is. Rejects when the client goes,
 * and with `tooSlow` when it sends too slowly.
 */
export async function* bodyOf(request: BodyRequest, limits: BodyLimits): AsyncGenerator<Uint8Array, void, undefined> {
  const { message } = request
  const source = new BodySource(message, limits)
  try {
    letContinue(message)
    for (;;) {
      const chunk: Uint8Array | null = message.read()
      if (chunk !== null) {
        request.receivedBytes += chunk.byteLength
        source.count(chunk.byteLength)
        yield chunk
      } else if (message.readableEnded) return
      // oxlint-disable-next-line no-await-in-loop -- there is nothing to do before
      else await source.more()
    }
  } finally {
    source.end()
  }
}

/** Parts of a time that are looked at: a time counts when we waited for the client in all of its parts. */
const looks = 6

/** Waits for more of a body, and finds clients that send too little in the time that they are waited for. */
class BodySource {
  readonly #message: IncomingMessage
  readonly #limits: BodyLimits
  readonly #timer: NodeJS.Timeout
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined
  #failure: Error | undefined
  #waits = 0
  #bytes = 0

  constructor(message: IncomingMessage, limits: BodyLimits) {
    this.#message = message
    this.#limits = limits
    this.#timer = setInterval(this.#look, limits.slowBodyTime / looks).unref()
    message.on('readable', this.#wake).on('end', this.#wake).on('error', this.#fail).on('close', this.#close)
  }

  /** Resolves when there may be more, also when that is the end. */
  more(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting = { resolve, reject }
    if (this.#failure !== undefined) reject(this.#failure)
    else if (this.#message.destroyed) this.#close()
    return promise
  }

  count(bytes: number): void {
    this.#bytes += bytes
  }

  end(): void {
    clearInterval(this.#timer)
    const message = this.#message
    message.off('readable', this.#wake).off('end', this.#wake).off('error', this.#fail).off('close', this.#close)
    message.on('error', () => undefined) // told to whoever waits, and to nobody afterwards
  }

  readonly #wake = (): void => {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  readonly #fail = (error: Error): void => {
    this.#failure ??= error
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  readonly #close = (): void => {
    if (this.#message.readableEnded) this.#wake()
    else this.#fail(new Error('the connection ended within the body'))
  }

  readonly #look = (): void => {
    if (this.#waiting !== undefined) this.#waits++
    if (this.#waits < looks) return
    if (this.#bytes < this.#limits.slowBodyBytes) this.#fail(this.#limits.tooSlow())
    this.#waits = 0
    this.#bytes = 0
  }
}
