import type { OutgoingHttpHeaders } from 'node:http'
import type { BytesReply } from '../../shared/web/send-bytes.ts'

/** What is answered to a request: a value, sent by `app.ts` alone. */
export interface Reply extends BytesReply {
  readonly body?: Uint8Array | undefined
  /** Told to whoever listens for finished requests. */
  readonly failure?: ReplyFailure
}

export interface ReplyFailure {
  /** What the client sees, and what only the operator does. */
  readonly code: string
  readonly cause?: unknown
}

/** What a client may do with any content of ours: nothing but read it. */
export const contentHeaders: OutgoingHttpHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': 'sandbox',
}

export const jsonType = 'application/json; charset=utf-8'

/** An answer with a JSON document that is not kept. */
export function jsonReply(value: unknown, status = 200): Reply {
  const headers = { 'Content-Type': jsonType, 'Cache-Control': 'no-store', ...contentHeaders }
  return { status, headers, body: Buffer.from(JSON.stringify(value)) }
}

export function textReply(status: number, text: string, type = 'text/plain; charset=utf-8'): Reply {
  return { status, headers: { 'Content-Type': type, 'Cache-Control': 'no-store' }, body: Buffer.from(text) }
}
