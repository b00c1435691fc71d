import type { OutgoingHttpHeaders } from 'node:http'
import type { BlobReader } from '../storage/blob-types.ts'
import type { Pull } from './requested-by.ts'

/** What is answered to a request: a value, sent by `send-reply.ts` alone. */
export interface Reply {
  readonly status: number
  /** Without those that every answer has, and without `Content-Length`: that comes from the body. */
  readonly headers: OutgoingHttpHeaders
  /** Undefined for no content at all: `Content-Length: 0`. */
  readonly body?: ReplyBody | undefined
  /** Told to whoever listens for finished requests: the codes that the client sees, and what only the operator does. */
  readonly failure?: ReplyFailure
  /** What is told when all of it was sent. */
  readonly pull?: Pull | undefined
}

export interface ReplyFailure {
  readonly codes: readonly string[]
  readonly cause?: unknown
}

/** Bytes; the length of what a GET would have given (HEAD); or a part of a blob, whose reader is closed by the sender. */
export type ReplyBody = Uint8Array | ReplyLength | BlobPart

export interface ReplyLength {
  readonly length: number
}

export interface BlobPart {
  readonly reader: BlobReader
  /** First byte. */
  readonly start: number
  readonly length: number
  /** Is told when the reader ends too early, or cannot be read. */
  readonly onUnreadable?: () => Promise<void>
}

export function isBlobPart(body: ReplyBody | undefined): body is BlobPart {
  return body !== undefined && 'reader' in body
}

/** What a client may do with any content of ours: nothing but read it. */
export const contentHeaders: OutgoingHttpHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': 'sandbox',
}

/** An answer without content, such as 201, 202 and 204. */
export function emptyReply(status: number, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, headers }
}

/** An answer with a JSON document. */
export function jsonReply(value: unknown, headers: OutgoingHttpHeaders = {}): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', ...contentHeaders, ...headers },
    body: Buffer.from(JSON.stringify(value)),
  }
}
