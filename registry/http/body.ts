import type { IncomingMessage } from 'node:http'
import { RegistryError } from '../protocol/error.ts'
import { letContinue } from './expect.ts'
import type { HttpLimits } from './limits.ts'
import type { RegistryRequest } from './request.ts'

type BodyLimits = Pick<HttpLimits, 'slowBodyTime' | 'slowBodyBytes'>

/** Parts of a time that are looked at, so that one in which we did not wait for the client counts as none of its own. */
const looks = 6

/**
 * The body of a request, as it comes; reading one to its end is up to the caller, and leaving it early leaves the connection.
 * Rejects when the client goes, or is cut off because it sends too slowly.
 */
export async function* bodyOf(
  request: RegistryRequest,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { message } = request
  const watch = new SlowBodyWatch(message, limits)
  try {
    letContinue(message)
    watch.wait()
    const chunks: AsyncIterable<Uint8Array> = message.iterator({ destroyOnReturn: false })
    for await (const chunk of chunks) {
      watch.came(chunk.byteLength)
      request.receivedBytes += chunk.byteLength
      yield chunk
      watch.wait()
    }
  } finally {
    watch.end()
  }
}

/** The whole body, of at most `most` bytes: more is refused with `tooLarge` without being read. */
export async function wholeBody(
  request: RegistryRequest,
  { most, tooLarge, ...limits }: BodyLimits & { readonly most: number; readonly tooLarge: () => RegistryError },
): Promise<Buffer> {
  if ((request.length ?? 0) > most) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bodyOf(request, limits)) {
    size += chunk.byteLength
    if (size > most) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** Cuts a connection whose client sends too little in the time that it is waited for. */
class SlowBodyWatch {
  readonly #timer: NodeJS.Timeout
  #isWaiting = false
  #waits = 0
  #bytes = 0

  constructor(message: IncomingMessage, { slowBodyTime, slowBodyBytes }: BodyLimits) {
    this.#timer = setInterval(() => {
      if (this.#isWaiting) this.#waits++
      if (this.#waits < looks) return
      if (this.#bytes < slowBodyBytes)
        message.destroy(new RegistryError('BLOB_UPLOAD_INVALID', 'the body came too slowly'))
      this.#waits = 0
      this.#bytes = 0
    }, slowBodyTime / looks)
    this.#timer.unref()
  }

  wait(): void {
    this.#isWaiting = true
  }

  came(bytes: number): void {
    this.#isWaiting = false
    this.#bytes += bytes
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
