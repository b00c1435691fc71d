import xz from 'xz-decompress'
import { invalid } from './tar/limits.ts'

/**
 * Decompresses xz, several streams and padding between them included, with CRC checks. ARCHIVE_INVALID for damaged data, for
 * anything after the last stream, and for SHA-256 checks, which the decoder does not know. Errors of the source pass. Streams
 * of one process are decoded one at a time: a second one waits until the first is read to its end or closed.
 */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const input = watch(source)
  const reader = new xz.XzReadableStream(input.stream).getReader()
  try {
    for (let result = await reader.read(); !result.done; result = await reader.read()) {
      if (result.value.length > 0) yield result.value
    }
  } catch (error) {
    throw input.failed() ? error : invalid('damaged xz data', error)
  } finally {
    await reader.cancel().catch(() => undefined)
    await input.close()
  }
}

/** The source as a web stream that tells whether it was the source that failed. It is closed even where the decoder forgets. */
function watch(source: AsyncIterable<Uint8Array>): {
  stream: ReadableStream<Uint8Array>
  failed: () => boolean
  close: () => Promise<void>
} {
  const iterator = source[Symbol.asyncIterator]()
  let state: 'open' | 'done' | 'failed' = 'open'
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const result = await iterator.next()
      if (result.done !== true) return controller.enqueue(result.value)
      state = 'done'
      controller.close()
    } catch (error) {
      state = 'failed'
      controller.error(error)
    }
  }
  const close = async (): Promise<void> => {
    if (state === 'open') await iterator.return?.()
    state = state === 'open' ? 'done' : state
  }
  return { stream: new ReadableStream({ pull }, { highWaterMark: 0 }), failed: () => state === 'failed', close }
}
