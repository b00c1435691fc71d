import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { AnswerMemory } from '../../shared/web/answer-memory.ts'
import { Refusal, type Told } from '../../shared/web/further.ts'
import type { WebLimits } from '../../shared/web/limits.ts'
import { type AnsweredRequest, sendBytes } from '../../shared/web/send-bytes.ts'
import { failureOf } from './errors.ts'

/** An exchange of which the answer is sent. */
export interface Answering extends AnsweredRequest {
  readonly limits: WebLimits
  readonly told: Told
}

const own = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': 'sandbox',
}
/** Characters that are gathered before they are sent, and the longest time that a line waits, in milliseconds. */
const [piece, longestWait] = [64 * 1024, 100]
/** Bytes that may wait for a client to take them: waiting for it after each piece, the two would work in turn. */
const mostUntaken = 512 * 1024

export class Sender {
  readonly #answers = new AnswerMemory(64 * 1024 * 1024)

  /** Sends one document. */
  document(answering: Answering, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const body = Buffer.from(JSON.stringify(value))
    if (!this.#answers.hasRoomFor(body.byteLength)) {
      const busy = new Refusal(429, 'too many clients are slow to take what they asked for: try again')
      return this.failure(answering, busy)
    }
    const reply = { status, headers: { 'Content-Type': 'application/json', ...headers }, body }
    const { told, limits } = answering
    told.sentBytes = sendBytes(answering, reply, { own, answers: this.#answers, limits })
  }

  /** Says why there is no answer; a line in the midst of lines. */
  failure(answering: Answering, error: unknown): void {
    const { response, told } = answering
    const { status, headers, cause, error: said } = failureOf(error)
    told.failure = { codes: [said.code], ...(status === 500 && { cause: cause ?? error }) }
    if (response.destroyed) return
    if (response.headersSent) response.end(`${JSON.stringify({ error: said })}\n`)
    else this.document(answering, status, { error: said }, headers)
  }
}

/** Sends the text of lines as it comes, no faster than it is taken. What the first piece fails with is answered as any error. */
export async function sendLines(answering: Answering, texts: AsyncIterable<string | Uint8Array>): Promise<void> {
  const { response, told, limits } = answering
  const fill = bufferFiller()
  let [waiting, since] = ['', performance.now()]
  const flush = async (): Promise<void> => {
    if (!response.headersSent) response.writeHead(200, { ...own, 'Content-Type': 'application/x-ndjson' })
    for (const { bytes, free } of fill(waiting)) {
      told.sentBytes += bytes.byteLength
      response.write(bytes, free)
    }
    ;[waiting, since] = ['', performance.now()]
    if (response.writableLength > mostUntaken) await drained(response, limits.stalledReadTime)
  }
  for await (const text of texts) {
    if (response.destroyed) return
    waiting += typeof text === 'string' ? text : Buffer.from(text).toString()
    if (waiting.length >= piece || performance.now() - since > longestWait) await flush()
  }
  if (response.destroyed) return
  await flush()
  response.end()
}

interface Filled {
  readonly bytes: Uint8Array
  /** To be called when the bytes are sent. */
  readonly free: () => void
}

/** Puts texts into buffers, which are used again: to make new ones takes as long as what is written into them. */
function bufferFiller(): (text: string) => readonly Filled[] {
  const encoder = new TextEncoder()
  const unused: Uint8Array[] = []
  return (text) => {
    const filled: Filled[] = []
    for (let rest = text; rest !== ''; ) {
      const buffer = unused.pop() ?? new Uint8Array(2 * piece)
      const { read, written } = encoder.encodeInto(rest, buffer)
      rest = rest.slice(read)
      filled.push({ bytes: buffer.subarray(0, written), free: () => void unused.push(buffer) })
    }
    return filled
  }
}

/** A client that takes nothing for so long is cut off. */
async function drained(response: ServerResponse, time: number): Promise<void> {
  const timer = setTimeout(() => response.destroy(), time)
  const closed = new AbortController()
  const onClose = (): void => closed.abort()
  response.once('close', onClose)
  if (response.destroyed) closed.abort()
  await once(response, 'drain', { signal: closed.signal }).catch(() => undefined) // then it is destroyed
  response.off('close', onClose)
  clearTimeout(timer)
}
