import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { AnswerMemory } from '../../shared/web/answer-memory.ts'
import { discardBody } from '../../shared/web/discard-body.ts'
import { RegistryError } from '../protocol/error.ts'
import type { BufferPool } from './buffer-pool.ts'
import { errorReply } from './error-reply.ts'
import type { Exchange } from './exchange.ts'
import type { HttpLimits } from './limits.ts'
import { type BlobPart, isBlobPart, type Reply } from './reply.ts'
import type { RegistryRequest } from './request.ts'
import { ClientGoneError, sendBlob, UnreadableBlobError } from './send-blob.ts'

export interface Sending {
  readonly answers: AnswerMemory
  readonly pool: BufferPool
  readonly limits: HttpLimits
}

/** A rest of a body that is read in any case, because that costs less than a new connection. */
const smallRest = 64 * 1024

/** Sends an answer. Never rejects: what goes wrong is told in the exchange, and to the client while that can be. */
export function sendReply(exchange: Exchange, found: Reply, sending: Sending): void | Promise<void> {
  const reply = hasRoom(exchange, found, sending) ? found : tooBusy()
  exchange.failure ??= reply.failure
  exchange.pull = reply.pull
  const { body } = reply
  if (isBlobPart(body)) return sendPart(exchange, { ...reply, body }, sending)
  try {
    sendSmall(exchange, reply, sending)
  } catch (error) {
    sendFailure(exchange, error, sending)
  }
}

function sendFailure(exchange: Exchange, error: unknown, sending: Sending): void {
  const { response } = exchange
  if (!(error instanceof ClientGoneError)) exchange.failure = { codes: ['UNKNOWN'], cause: error }
  if (response.headersSent || response.destroyed) response.destroy()
  else sendSmall(exchange, errorReply(error), sending)
}

function hasRoom({ request }: Exchange, { body }: Reply, { answers }: Sending): boolean {
  return request.method === 'HEAD' || !(body instanceof Uint8Array) || answers.hasRoomFor(body.byteLength)
}

function tooBusy(): Reply {
  const message = 'too many clients are slow to take what they asked for: try again'
  return errorReply(new RegistryError('TOOMANYREQUESTS', message, { headers: { 'Retry-After': '5' } }))
}

function sendSmall(exchange: Exchange, { status, headers, body }: Reply, sending: Sending): void {
  const { request, response } = exchange
  const bytes = body instanceof Uint8Array && request.method !== 'HEAD' ? body : undefined
  const length = lengthOf(body)
  const rest = restOfBody(request, headers)
  response.writeHead(status, {
    ...fixedHeaders(request, rest),
    ...(status !== 204 && status !== 304 && { 'Content-Length': length }),
    ...headers,
  })
  exchange.sentBytes = bytes?.byteLength ?? 0
  if (rest === 'none') finish(response, bytes, sending)
  else finishRefused(exchange, { bytes, rest, sending })
}

/** Ends an answer. A client that does not take what is left of it in time is cut off: it holds memory. */
function finish(response: ServerResponse, bytes: Uint8Array | undefined, { limits, answers }: Sending): void {
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

function lengthOf(body: Reply['body']): number {
  if (body === undefined) return 0
  return body instanceof Uint8Array ? body.byteLength : body.length
}

type Rest = 'none' | 'small' | 'large'

/** What of a request's body nobody read. */
function restOfBody({ hasBody, length, receivedBytes, message }: RegistryRequest, headers: OutgoingHttpHeaders): Rest {
  if (!hasBody || message.readableEnded) return 'none'
  if (headers['Connection'] === 'close') return 'large'
  return length !== undefined && length - receivedBytes <= smallRest ? 'small' : 'large'
}

function fixedHeaders({ id }: RegistryRequest, rest: Rest): OutgoingHttpHeaders {
  return {
    'Docker-Distribution-Api-Version': 'registry/2.0',
    'X-Request-Id': id,
    ...(rest === 'large' && { Connection: 'close' }),
  }
}

interface Refused {
  readonly bytes: Uint8Array | undefined
  readonly rest: Rest
  readonly sending: Sending
}

/**
 * Ends an answer whose request still has a body to come. The whole answer is on its way at once, but its end, which closes
 * the connection, waits until the client has seen it and stopped, or until enough was read.
 */
function finishRefused({ request: { message }, response }: Exchange, { bytes, rest, sending }: Refused): void {
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

async function sendPart(
  exchange: Exchange,
  reply: Reply & { readonly body: BlobPart },
  sending: Sending,
): Promise<void> {
  const { request, response } = exchange
  const { status, headers, body } = reply
  try {
    await sendBlob(response, body, {
      pool: sending.pool,
      stalledReadTime: sending.limits.stalledReadTime,
      begin: () => {
        const rest = restOfBody(request, headers)
        response.writeHead(status, { ...fixedHeaders(request, rest), 'Content-Length': body.length, ...headers })
      },
      onSent: (bytes) => {
        exchange.sentBytes += bytes
      },
    })
  } catch (error) {
    // First, so that whoever hears of the failure and pushes the blob is not told that it is there.
    if (error instanceof UnreadableBlobError) await body.onUnreadable?.().catch(() => undefined) // what failed is told below
    sendFailure(exchange, error, sending)
  }
}
