import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { AnswerMemory } from './answer-memory.ts'
import { discardBody } from './discard-body.ts'
import type { WebLimits } from './limits.ts'

/** An answer that is in memory. */
export interface BytesReply {
  readonly status: number
  /** Without `Content-Length`: that comes from the body. */
  readonly headers: OutgoingHttpHeaders
  /** Bytes, or their number where only the head is sent. */
  readonly body?: Uint8Array | { readonly length: number } | undefined
}

/** A request that is answered, and the response to it. */
export interface AnsweredRequest {
  readonly request: {
    readonly method: string
    readonly message: IncomingMessage
    /** True when a body is announced, also one of unknown length. */
    readonly hasBody: boolean
    /** Bytes of the body, when announced. */
    readonly length: number | undefined
    readonly receivedBytes: number
  }
  readonly response: ServerResponse
}

export interface SendingBytes {
  readonly answers: AnswerMemory
  readonly limits: Pick<WebLimits, 'stalledReadTime' | 'refusedBodyBytes' | 'refusedBodyTime'>
}

/** A rest of a body that is read in any case, because that costs less than a new connection. */
const smallRest = 64 * 1024

/** Sends an answer, with these headers beside; gives the number of bytes of its body. What nobody read of the request's body is dealt with. */
export function sendBytes(
  { request, response }: AnsweredRequest,
  { status, headers, body }: BytesReply,
  { own, ...sending }: SendingBytes & { readonly own: OutgoingHttpHeaders },
): number {
  const bytes = body instanceof Uint8Array && request.method !== 'HEAD' ? body : undefined
  const rest = restOfBody(request, headers)
  response.writeHead(status, {
    ...own,
    ...(rest === 'large' && closing),
    ...(status !== 204 && status !== 304 && { 'Content-Length': lengthOf(body) }),
    ...headers,
  })
  if (rest === 'none') finish(response, bytes, sending)
  else finishRefused({ message: request.message, response, bytes, rest }, sending)
  return bytes?.byteLength ?? 0
}

/** For an answer after which more of the request's body would come than is read. */
export const closing: OutgoingHttpHeaders = { Connection: 'close' }

/** Ends an answer. A client that does not take what is left of it in time is cut off: it holds memory. */
function finish(response: ServerResponse, bytes: Uint8Array | undefined, { limits, answers }: SendingBytes): void {
  response.end(bytes)
  if (response.writableLength === 0) return
  const timer = setTimeout(() => response.destroy(), limits.stalledReadTime).unref()
  // encrypted, each connection has its own copy
  const memory = bytes === undefined || response.socket instanceof TLSSocket ? response : bytes
  const release = answers.hold(memory, bytes?.byteLength ?? 0)
  response.once('close', () => {
    clearTimeout(timer)
    release()
  })
}

function lengthOf(body: BytesReply['body']): number {
  if (body === undefined) return 0
  return body instanceof Uint8Array ? body.byteLength : body.length
}

export type Rest = 'none' | 'small' | 'large'

/** What of a request's body nobody read. */
export function restOfBody(
  { hasBody, length, receivedBytes, message }: AnsweredRequest['request'],
  headers: OutgoingHttpHeaders,
): Rest {
  if (!hasBody || message.readableEnded) return 'none'
  if (headers['Connection'] === 'close') return 'large'
  return length !== undefined && length - receivedBytes <= smallRest ? 'small' : 'large'
}

interface Refused {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly bytes: Uint8Array | undefined
  readonly rest: Rest
}

/**
 * Ends an answer whose request still has a body to come. The whole answer is on its way at once, but its end, which closes
 * the connection, waits until the client has seen it and stopped, or until enough was read.
 */
function finishRefused({ message, response, bytes, rest }: Refused, sending: SendingBytes): void {
  const discarded = discardBody(message, sending.limits)
  if (rest === 'small') {
    finish(response, bytes, sending)
    void discarded.then((isEnd) => isEnd || message.destroy())
  } else {
    response.flushHeaders()
    if (bytes !== undefined) response.write(bytes)
    void discarded.then(() => finish(response, undefined, sending))
  }
}
