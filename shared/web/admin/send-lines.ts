import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/**
 * Answers with a line of JSON for each item, no faster than they are taken. The signal that the items get aborts when the
 * connection ends. Rejects with the error of an item; the answer has not begun then when it was the first.
 */
export async function sendLines(
  response: ServerResponse,
  itemsUntil: (signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<void> {
  const signal = untilGone(response)
  for await (const item of itemsUntil(signal)) {
    if (signal.aborted) return
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    if (!response.write(`${JSON.stringify(item)}\n`)) await once(response, 'drain', { signal }).catch(() => undefined)
  }
  response.end()
}

/** Aborts when the connection ends, also when the answer was given. */
export function untilGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  if (response.destroyed) gone.abort()
  return gone.signal
}
