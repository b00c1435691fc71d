import type { IncomingMessage } from 'node:http'
import { type JsonValue, parseJson } from '../../shared/base/json.ts'
import { Refusal } from '../../shared/web/further.ts'
import type { WebLimits } from '../../shared/web/limits.ts'
import type { WebRequest } from '../../shared/web/request.ts'
import { BodyMemory, withWholeBody } from '../../shared/web/whole-body.ts'
import type { BodyShape } from './endpoint.ts'
import { Mismatch } from './shape.ts'

type Request = Pick<WebRequest, keyof WebRequest>

/** A policy of the largest size, as text in JSON. */
const mostBytes = 2 * 1024 * 1024
const yamlTypes: ReadonlySet<string> = new Set(['application/yaml', 'application/x-yaml', 'text/yaml'])

/** Memory for bodies, of all requests together. */
export function bodyMemory(): BodyMemory {
  return new BodyMemory(8 * mostBytes, () => {
    return new Refusal(429, 'too many policies are being sent at once: try again', { 'Retry-After': '5' })
  })
}

export interface Reading {
  readonly limits: WebLimits
  readonly memory: BodyMemory
}

/**
 * The body of a request: JSON, or the text of a policy as YAML, which stands for `{"text": ...}`. An empty object where nothing came and
 * nothing must. Only these types are taken, because a page of another site cannot send them unasked. Errors: Refusal with 413, 415, 408
 * or 429; JSON_INVALID.
 */
export async function readBody(request: Request, body: BodyShape | undefined, reading: Reading): Promise<JsonValue> {
  if (!request.hasBody) {
    if (body !== undefined && !body.isOptional) throw new Mismatch('', 'a body is missing')
    return {}
  }
  const type = typeOf(request.message)
  const isYaml = body?.isPolicy === true && yamlTypes.has(type)
  if (!isYaml && type !== 'application/json') throw wrongType(body)
  const { slowBodyTime, slowBodyBytes } = reading.limits
  const options = { most: mostBytes, tooLarge, tooSlow, memory: reading.memory, slowBodyTime, slowBodyBytes }
  return withWholeBody(request, options, async (bytes) => {
    if (isYaml) return { text: textOf(bytes) }
    return bytes.byteLength === 0 ? {} : parseJson(bytes, { what: 'body', maxBytes: mostBytes, maxDepth: 16 })
  })
}

function typeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function wrongType(body: BodyShape | undefined): Refusal {
  const types = body?.isPolicy === true ? 'application/json or application/yaml' : 'application/json'
  return new Refusal(415, `the body must be ${types}, and its Content-Type must say so`, { Connection: 'close' })
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Mismatch('', 'the body is no text in UTF-8')
  }
}

function tooLarge(): Refusal {
  return new Refusal(413, `the body has more than ${mostBytes / 1024 / 1024} MiB`, { Connection: 'close' })
}

function tooSlow(): Refusal {
  return new Refusal(408, 'the body comes too slowly', { Connection: 'close' })
}
