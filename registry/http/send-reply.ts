import type { OutgoingHttpHeaders } from 'node:http'
import type { AnswerMemory } from '../../shared/web/answer-memory.ts'
import { closing, restOfBody, sendBytes } from '../../shared/web/send-bytes.ts'
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

function sendSmall(exchange: Exchange, reply: Reply, { answers, limits }: Sending): void {
  const own = fixedHeaders(exchange.request)
  exchange.sentBytes = sendBytes(exchange, reply, { own, answers, limits })
}

function fixedHeaders({ id }: RegistryRequest): OutgoingHttpHeaders {
  return { 'Docker-Distribution-Api-Version': 'registry/2.0', 'X-Request-Id': id }
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
        response.writeHead(status, {
          ...fixedHeaders(request),
          ...(rest === 'large' && closing),
          'Content-Length': body.length,
          ...headers,
        })
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
