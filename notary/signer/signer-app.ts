import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Signer } from '../service/types.ts'
import { keyJson } from '../tuf/key.ts'
import type { KeyID } from '../tuf/types.ts'
import { endpointOf, errorBody, mostBody, mostMessage, readWish, type SignerCall } from './protocol.ts'

export interface SignerAppOptions {
  readonly signer: Signer
  /** Names in certificates of clients that may ask. */
  readonly clients: readonly string[]
  readonly log: Log
}

interface Answer {
  readonly status: number
  readonly body: JsonObject
}

/** Answers what a notary server asks of its signer (protocol.ts), to those who showed a certificate with one of the names. */
export function signerApp(options: SignerAppOptions): RequestListener {
  return (request, response) => {
    answer(request, options).then(
      (answered) => send(request, response, answered),
      (error: unknown) => {
        if (request.errored !== null || request.destroyed) return
        options.log.error('a request failed', { error })
        send(request, response, { status: 500, body: errorBody('an error of the signer itself') })
      },
    )
  }
}

async function answer(request: IncomingMessage, { signer, clients, log }: SignerAppOptions): Promise<Answer> {
  if (!isClient(request, clients)) {
    log.warn('a client was refused: the name in its certificate is not one of signer.clients')
    return { status: 403, body: errorBody('the name in the certificate is not one of those that may ask') }
  }
  const endpoint = endpointOf(request.method ?? '', request.url ?? '')
  if (endpoint === undefined) return { status: 404, body: errorBody('there is no such endpoint') }
  const body = await readBody(request, endpoint.call === 'sign' ? mostMessage : mostBody)
  if (body === undefined) return { status: 413, body: errorBody('the request is too large') }
  const call = callOf(endpoint, body)
  if (call === undefined) return { status: 400, body: errorBody('the request does not name a collection and a role') }
  try {
    return await perform(signer, call)
  } catch (error) {
    if (isIbuildError(error, 'SIGNER_KEY_UNKNOWN')) return { status: 404, body: errorBody(error.message) }
    if (!isIbuildError(error, 'SIGNER_UNAVAILABLE')) throw error
    log.error('the signer cannot do what it was asked', { error })
    return { status: 503, body: errorBody(error.message) }
  }
}

/** TLS has proved that the certificate comes from the CA of the clients. */
function isClient({ socket }: IncomingMessage, names: readonly string[]): boolean {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false
  const certificate = socket.getPeerX509Certificate()
  return names.some((name) => certificate?.checkHost(name, { wildcards: false }) !== undefined)
}

function callOf({ call, id }: { call: SignerCall['call']; id?: KeyID }, body: Uint8Array): SignerCall | undefined {
  if (call === 'check') return { call }
  if (call === 'create') {
    const wish = readWish(body)
    return wish && { call, ...wish }
  }
  if (id === undefined) return undefined
  return call === 'find' ? { call, id } : { call, id, message: body }
}

async function perform(signer: Signer, call: SignerCall): Promise<Answer> {
  switch (call.call) {
    case 'create':
      return { status: 200, body: keyJson(await signer.createKey(call.gun, call.role)) }
    case 'find': {
      const held = await signer.heldKey(call.id)
      return held === undefined
        ? { status: 404, body: errorBody('there is no such key') }
        : { status: 200, body: { ...keyJson(held.key), gun: held.gun } }
    }
    case 'sign':
      return { status: 200, body: { signature: (await signer.sign(call.id, call.message)).toString('base64') } }
    case 'check':
      await signer.check()
      return { status: 200, body: {} }
  }
}

/** Undefined for more than `most` bytes. */
async function readBody(request: IncomingMessage, most: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return undefined
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > most) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const isWhole = request.complete
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    ...(!isWhole && { Connection: 'close' }),
  })
  response.end(bytes)
}
