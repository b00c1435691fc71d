import type { IncomingMessage } from 'node:http'
import { type Agent, request as begin } from 'node:https'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { mostBody, mostMessage, requestOf, type SignerCall } from './protocol.ts'

export interface RemoteSignerOptions {
  /** `host:port`, by a name that the signer's certificate has. */
  readonly address: string
  readonly tls: RemoteSignerTls
  /** Milliseconds for one answer, connecting included; default 5000. */
  readonly timeout?: number
}

/** In PEM. */
export interface RemoteSignerTls {
  /** CAs of the signer's certificate: no others are believed. */
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

export interface SignerAnswer {
  /** 200 or 404. */
  readonly status: number
  readonly json: JsonValue
}

/**
 * Asks a signer. All calls can be made twice, so one that meets a connection which the other end has just closed is made again. Errors:
 * SIGNER_UNAVAILABLE.
 */
export async function exchange(options: RemoteSignerOptions, agent: Agent, call: SignerCall): Promise<SignerAnswer> {
  if (call.call === 'sign' && call.message.byteLength > mostMessage)
    throw unavailable(options, 'the message is too large to be signed')
  const signal = AbortSignal.timeout(options.timeout ?? 5000)
  try {
    const answer = await send({ options, agent, call, signal }).catch((error: unknown) => {
      if (error instanceof StaleConnection && !signal.aborted) return send({ options, agent, call, signal })
      throw error
    })
    if (answer.status !== 200 && answer.status !== 404) throw new Error(problemOf(answer))
    return answer
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown reason'
    throw unavailable(options, signal.aborted ? 'it did not answer in time' : reason, cause)
  }
}

function problemOf({ status, json }: SignerAnswer): string {
  const error = isObject(json) ? json['error'] : undefined
  const message = isObject(error) && typeof error['message'] === 'string' ? `: ${error['message'].slice(0, 300)}` : ''
  return `it answers ${status}${message}`
}

interface Sending {
  readonly options: RemoteSignerOptions
  readonly agent: Agent
  readonly call: SignerCall
  readonly signal: AbortSignal
}

class StaleConnection extends Error {}

function send({ options, agent, call, signal }: Sending): Promise<SignerAnswer> {
  const { method, path, body } = requestOf(call)
  const headers = body === undefined ? {} : { 'content-type': body.type, 'content-length': body.bytes.byteLength }
  return new Promise((resolve, reject) => {
    const request = begin(`https://${options.address}${path}`, { method, headers, agent, signal })
    request.once('error', (error) => {
      const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(errnoOf(error) ?? '')
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error)
    })
    request.once('response', (response) => {
      readAnswer(response).then(resolve, reject)
    })
    request.end(body?.bytes)
  })
}

async function readAnswer(response: IncomingMessage): Promise<SignerAnswer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > mostBody) throw new Error('its answer is too large')
    pieces.push(piece)
  }
  const json = parseJson(Buffer.concat(pieces), { what: 'its answer', maxBytes: mostBody, maxDepth: 8 })
  return { status: response.statusCode ?? 0, json }
}

export function unavailable({ address }: RemoteSignerOptions, problem: string, cause?: unknown): IbuildError {
  return new IbuildError('SIGNER_UNAVAILABLE', `the signer at ${address}: ${problem}`, { cause })
}
