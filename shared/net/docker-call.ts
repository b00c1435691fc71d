import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { isObject, type JsonPlace, type JsonValue, parseJson } from '../base/json.ts'
import { parseEngineAddress } from './engine-address.ts'
import { notingErrors } from './noting-errors.ts'

export interface EngineOptions {
  /** As in DOCKER_HOST. */
  readonly host: string
  readonly signal?: AbortSignal | undefined
}

/** One request to the daemon. */
export type EngineCall = (method: string, path: string, options?: CallOptions) => Promise<EngineAnswer>

export interface CallOptions {
  /** A tar. */
  readonly body?: AsyncIterable<Uint8Array> | undefined
  /** Bytes of the longest answer that is read; 8 MiB, for an inspection has some hundred lines. */
  readonly maxAnswer?: number | undefined
}

export interface EngineAnswer {
  readonly status: number
  readonly text: string
}

/** Where answers stand, for messages. */
export const answerPlace: JsonPlace = { code: 'DOCKER_FAILED', path: 'the answer of the Docker daemon' }

const usualMaxAnswer = 8 * 1024 * 1024

/** Nothing is sent before the first call. Errors: USAGE, NOT_SUPPORTED for an address that cannot be used. */
export function engineCall({ host, signal }: EngineOptions): EngineCall {
  const address = parseEngineAddress(host)
  const { path: base, ...at } = { path: '', ...address }
  return async (method, path, { body, maxAnswer = usualMaxAnswer } = {}) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/x-tar' }
    const sent = request({ ...at, method, path: base + path, headers, ...(signal && { signal }) })
    const failures: unknown[] = []
    try {
      return await exchange(sent, body && notingErrors(body, failures), maxAnswer)
    } catch (error) {
      signal?.throwIfAborted()
      if (failures.length > 0) throw failures[0]
      throw unreachable(error, host)
    }
  }
}

/** The slashes of a name stay. */
export function inPath(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/')
}

/** Sends while it reads: a daemon may answer before it has seen the whole of the body. */
async function exchange(
  sent: ReturnType<typeof request>,
  body: AsyncIterable<Uint8Array> | undefined,
  maxAnswer: number,
): Promise<EngineAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve)
  sent.once('error', reject)
  const sending =
    body === undefined ? Promise.resolve(sent.end()) : pipeline(Readable.from(body, { objectMode: false }), sent)
  const outcome = Promise.allSettled([sending])
  const response = await promise
  const answer = { status: response.statusCode ?? 0, text: await readText(response, maxAnswer) }
  if (answer.status >= 400) {
    sent.destroy()
    return answer
  }
  const [settled] = await outcome
  if (settled?.status === 'rejected') throw settled.reason
  return answer
}

async function readText(response: IncomingMessage, maxAnswer: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    size += piece.length
    if (size > maxAnswer) throw failed('its answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** The answer when it is one of success. DOCKER_FAILED with what the daemon says. */
export function check(answer: EngineAnswer): EngineAnswer {
  if (answer.status < 300) return answer
  throw failed(messageOf(answer))
}

/** What the daemon says went wrong. */
export function messageOf({ status, text }: EngineAnswer): string {
  try {
    const value = parseJson(text, { what: 'answer' })
    if (isObject(value) && typeof value['message'] === 'string') return value['message']
  } catch {
    // Not JSON: what answers there may be something else than a daemon.
  }
  return `it answered with status ${status}`
}

/** DOCKER_FAILED for what is no JSON. */
export function parsed({ text }: Pick<EngineAnswer, 'text'>): JsonValue {
  try {
    return parseJson(text, { what: answerPlace.path, maxBytes: Number.POSITIVE_INFINITY })
  } catch (cause) {
    throw new IbuildError('DOCKER_FAILED', 'the Docker daemon answered with something else than JSON', { cause })
  }
}

export function failed(reason: string): IbuildError {
  return new IbuildError('DOCKER_FAILED', `the Docker daemon refuses: ${reason.slice(0, 1000)}`)
}

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ['there is no such socket', 'Start the daemon, or name another one in DOCKER_HOST.'],
  ECONNREFUSED: ['nobody listens there', 'Start the daemon, or name another one in DOCKER_HOST.'],
  EACCES: ['permission denied', 'Add the user to the group docker, or run as root.'],
  ENOTFOUND: ['there is no such host', 'Check the name in DOCKER_HOST.'],
}

function unreachable(error: unknown, host: string): unknown {
  const code = errnoOf(error)
  if (code === undefined) return error
  const [reason, hint] = reasons[code] ?? [code, undefined]
  const message = `cannot reach the Docker daemon at ${host}: ${reason}`
  return new IbuildError('DOCKER_UNREACHABLE', message, { cause: error, ...(hint !== undefined && { hint }) })
}
