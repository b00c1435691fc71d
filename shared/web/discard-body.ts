import type { IncomingMessage } from 'node:http'
import type { WebLimits } from './limits.ts'

/**
 * Reads and forgets the rest of a body, up to a bounded size and time. A connection that is closed while data comes in is
 * reset, and a client that is still sending would see that in the place of the answer. Resolves with whether the end came.
 */
export function discardBody(
  message: IncomingMessage,
  { refusedBodyBytes, refusedBodyTime }: Pick<WebLimits, 'refusedBodyBytes' | 'refusedBodyTime'>,
): Promise<boolean> {
  if (message.readableEnded || message.destroyed) return Promise.resolve(message.readableEnded)
  return new Promise((resolve) => {
    let left = refusedBodyBytes
    const onData = (chunk: Uint8Array): void => {
      left -= chunk.byteLength
      if (left < 0) done()
    }
    const done = (): void => {
      clearTimeout(timer)
      message.off('data', onData).off('end', done).off('error', done).off('close', done).pause()
      message.on('error', () => undefined)
      resolve(message.readableEnded)
    }
    const timer = setTimeout(done, refusedBodyTime)
    message.on('data', onData).on('end', done).on('error', done).on('close', done)
  })
}
