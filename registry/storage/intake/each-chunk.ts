import { Readable } from 'node:stream'

/** Takes a chunk; a promise means that no more may come until it resolves. */
export type TakeChunk = (chunk: Uint8Array) => Promise<void> | undefined

/**
 * Hands over the chunks of a body, one after the other, and resolves at its end. Errors of the body, and of `take`: then no
 * more is read. A stream is left as it is, paused, so that an answer can still be sent where it came from; others are told
 * to stop. Streams are listened to, as their iterators take twice the time.
 */
export async function eachChunk(body: AsyncIterable<Uint8Array>, take: TakeChunk): Promise<void> {
  if (body instanceof Readable) return eachOfStream(body, take)
  for await (const chunk of body) await take(chunk)
}

async function eachOfStream(stream: Readable, take: TakeChunk): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      stream.pause()
      // What breaks later is nobody's business, and must not end the process.
      stream.on('error', () => undefined)
      settle()
    }
    const onError = (error: unknown): void => end(() => reject(asError(error)))
    const onEnd = (): void => end(resolve)
    const onClose = (): void => onError(stream.errored ?? new Error('the body was cut off'))
    const onData = (chunk: Uint8Array): void => {
      try {
        const wait = take(chunk)
        if (wait === undefined) return
        stream.pause()
        wait.then(() => (isOver ? undefined : stream.resume()), onError)
      } catch (error) {
        onError(error)
      }
    }
    if (stream.errored !== null || stream.destroyed) return onClose()
    if (stream.readableEnded) return resolve()
    stream.on('end', onEnd).on('error', onError).on('close', onClose).on('data', onData)
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
