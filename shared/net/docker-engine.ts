import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { asObject, asString, isObject, type JsonPlace, type JsonValue, parseJson, required } from '../base/json.ts'
import { parseEngineAddress } from './engine-address.ts'
import { notingErrors } from './noting-errors.ts'

/**
 * The few calls of the Docker Engine API that are needed here. Errors: DOCKER_UNREACHABLE when nobody answers,
 * DOCKER_FAILED when the daemon refuses or what it answers makes no sense.
 */
export interface DockerEngine {
  /** The ID of an image that the daemon has: the digest of its config, or of its manifest where containerd keeps images. */
  imageID(reference: string): Promise<string | undefined>
  /** Gives an image a name: `host/path` and a tag. */
  tag(image: string, name: { readonly repository: string; readonly tag: string }): Promise<void>
  /** Loads a docker archive. */
  load(archive: AsyncIterable<Uint8Array>): Promise<void>
}

export interface EngineOptions {
  /** As in DOCKER_HOST. */
  readonly host: string
  readonly signal?: AbortSignal | undefined
}

/** Nothing is sent before the first call. Errors: USAGE, NOT_SUPPORTED for an address that cannot be used. */
export function dockerEngine({ host, signal }: EngineOptions): DockerEngine {
  const address = parseEngineAddress(host)
  const { path: base, ...at } = { path: '', ...address }
  const call = async (method: string, path: string, body?: AsyncIterable<Uint8Array>): Promise<Answer> => {
    const headers = body === undefined ? {} : { 'content-type': 'application/x-tar' }
    const sent = request({ ...at, method, path: base + path, headers, ...(signal && { signal }) })
    const failures: unknown[] = []
    try {
      return await exchange(sent, body && notingErrors(body, failures))
    } catch (error) {
      signal?.throwIfAborted()
      if (failures.length > 0) throw failures[0]
      throw unreachable(error, host)
    }
  }
  return {
    imageID: async (reference) => {
      const answer = await call('GET', `/images/${inPath(reference)}/json`)
      if (answer.status === 404) return undefined
      return required(asObject(parsed(check(answer)), place), 'Id', place, asString)
    },
    tag: async (image, { repository, tag }) => {
      const query = new URLSearchParams({ repo: repository, tag }).toString()
      check(await call('POST', `/images/${inPath(image)}/tag?${query}`))
    },
    load: async (archive) => {
      for (const message of messagesOf(check(await call('POST', '/images/load?quiet=1', archive)))) {
        if (message['error'] !== undefined) throw failed(textOf(message['error']))
      }
    },
  }
}

/** The slashes of a name stay. */
function inPath(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/')
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** The longest answer that is read; one to an inspection has some hundred lines. */
const maxAnswer = 8 * 1024 * 1024

/** Sends while it reads: a daemon may answer before it has seen the whole of the body. */
async function exchange(
  sent: ReturnType<typeof request>,
  body: AsyncIterable<Uint8Array> | undefined,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve)
  sent.once('error', reject)
  const sending =
    body === undefined ? Promise.resolve(sent.end()) : pipeline(Readable.from(body, { objectMode: false }), sent)
  const outcome = Promise.allSettled([sending])
  const response = await promise
  const answer = { status: response.statusCode ?? 0, text: await readText(response) }
  if (answer.status >= 400) {
    sent.destroy()
    return answer
  }
  const [settled] = await outcome
  if (settled?.status === 'rejected') throw settled.reason
  return answer
}

async function readText(response: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    size += piece.length
    if (size > maxAnswer) throw failed('its answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const place: JsonPlace = { code: 'DOCKER_FAILED', path: 'the answer of the Docker daemon' }

function check(answer: Answer): Answer {
  if (answer.status < 300) return answer
  throw failed(messageOf(answer))
}

/** What the daemon says went wrong. */
function messageOf({ status, text }: Answer): string {
  try {
    const value = parseJson(text, { what: 'answer' })
    if (isObject(value) && typeof value['message'] === 'string') return value['message']
  } catch {
    // Not JSON: what answers there may be something else than a daemon.
  }
  return `it answered with status ${status}`
}

function parsed({ text }: Answer): JsonValue {
  try {
    return parseJson(text, { what: place.path })
  } catch (cause) {
    throw new IbuildError('DOCKER_FAILED', 'the Docker daemon answered with something else than JSON', { cause })
  }
}

/** The stream of an operation: one object a line. */
function messagesOf({ text }: Answer): Readonly<Record<string, JsonValue | undefined>>[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.map((line) => asObject(parsed({ status: 200, text: line }), place))
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function failed(reason: string): IbuildError {
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
