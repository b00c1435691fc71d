import { request as httpRequest } from 'node:http'
import { type ErrorCode, errorCodes } from '../../base/error-codes.ts'
import { errnoOf, IbuildError } from '../../base/errors.ts'
import { isObject, type JsonValue, parseJson } from '../../base/json.ts'
import { withShortPath } from './socket.ts'

/** Calls the admin API of a server. Errors: those that it answers, as they were there; ENOENT and the like of the socket. */
export type AdminCall = <T>(method: string, path: string, body?: JsonValue, signal?: AbortSignal) => Promise<T>

/** How the admin API of the server that listens on a socket is called. */
export function adminCalls(socket: string): AdminCall {
  return (method, path, body, signal) => exchange({ socket, method, path, body, signal })
}

/** True for the error of a call where no server listens. */
export function isNobodyThere(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(errnoOf(error) ?? '')
}

interface Exchange {
  readonly socket: string
  readonly method: string
  readonly path: string
  readonly body: JsonValue | undefined
  /** Ends the connection, which the server sees. */
  readonly signal: AbortSignal | undefined
}

async function exchange<T>({ socket, method, path, body, signal }: Exchange): Promise<T> {
  const { status, bytes } = await withShortPath(socket, (socketPath) =>
    send({ socketPath, method, path, signal }, body),
  )
  const answer = parseJson(bytes, { what: 'answer of the server', maxBytes: 64 * 1024 * 1024 })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other side is a server of this user, and answers what its routes say
  if (status === 200) return answer as T
  throw adminError(answer)
}

interface Sent {
  readonly status: number
  readonly bytes: Buffer
}

function send(
  options: Pick<Exchange, 'method' | 'path' | 'signal'> & { readonly socketPath: string },
  body: JsonValue | undefined,
): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>()
  const sent = httpRequest({ ...options, agent: false }, (response) => {
    const pieces: Buffer[] = []
    response.on('data', (piece: Buffer) => pieces.push(piece))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(pieces) }))
    response.on('error', reject)
  })
  sent.on('error', reject)
  sent.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

/** The error that an answer tells of. */
export function adminError(answer: JsonValue): IbuildError {
  const error = isObject(answer) && isObject(answer['error']) ? answer['error'] : {}
  const { code, message, hint } = error
  const known = typeof code === 'string' && isErrorCode(code) ? code : 'SERVER_FAILED'
  return new IbuildError(known, typeof message === 'string' ? message : 'the server answered nonsense', {
    ...(typeof hint === 'string' && { hint }),
  })
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}
