import { IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonValue } from '../../shared/base/json.ts'
import { readBody } from '../../shared/net/http/read-body.ts'
import type { HttpAnswer } from '../../shared/net/http/types.ts'
import { readKey } from '../tuf/key.ts'
import { parseStrict } from '../tuf/strict-json.ts'
import type { Gun, PublicKey, ServerRole } from '../tuf/types.ts'
import { arrayIn } from './changes/json-parts.ts'
import { multipartOf } from './multipart.ts'
import type { Publisher } from './publisher.ts'
import { trustErrors } from './trust-errors.ts'
import type { TrustServer } from './trust-server.ts'

/** Of a key, or of an error, in bytes. */
const mostBytes = 64 * 1024

/** A trust server as one that takes files of metadata. */
export function httpPublisher(server: TrustServer, signal?: AbortSignal): Publisher {
  const key = async (gun: Gun, role: ServerRole, method: 'GET' | 'POST'): Promise<PublicKey> => {
    const what = `cannot get the ${role} key of the server for ${gun}`
    const actions = method === 'GET' ? (['pull', 'push'] as const) : (['*'] as const)
    const path = `_trust/tuf/${role}.key`
    const answer = await server.send({ method, gun, path, actions, what, expect: [200], signal })
    return knownKey(await jsonOf(answer, what), what)
  }
  return {
    key: async (gun, role) => key(gun, role, 'GET'),
    rotateKey: async (gun, role) => key(gun, role, 'POST'),
    async publish(gun, files) {
      const what = `cannot publish ${gun}`
      const { contentType, bytes } = multipartOf(files)
      const answer = await server.send({
        method: 'POST',
        gun,
        path: '_trust/tuf/',
        actions: ['pull', 'push'],
        what,
        headers: { 'content-type': contentType, 'content-length': String(bytes.length) },
        body: bytes,
        expect: [200, 400],
        signal,
      })
      if (answer.status === 400) throw rejection(await jsonOf(answer, what), what)
      await answer.body.discard()
    },
    async remove(gun) {
      const what = `cannot delete the trusted collection ${gun}`
      const path = '_trust/tuf/'
      const answer = await server.send({ method: 'DELETE', gun, path, actions: ['*'], what, expect: [200], signal })
      await answer.body.discard()
    },
  }
}

/** Errors: TRUST_UNREACHABLE for what is no JSON. */
async function jsonOf(answer: HttpAnswer, what: string): Promise<JsonValue> {
  const bytes = await readBody(answer, mostBytes).catch((error: unknown) => {
    throw trustErrors.failure(error, what)
  })
  try {
    return parseStrict(bytes, { what: 'the answer', maxBytes: mostBytes, maxDepth: 16 })
  } catch (cause) {
    throw new IbuildError('TRUST_UNREACHABLE', `${what}: the server's answer cannot be read`, { cause })
  }
}

/** Errors: TRUST_REJECTED for what is no key that is known. */
function knownKey(json: JsonValue, what: string): PublicKey {
  try {
    const key = readKey(json)
    if (key.type !== undefined) return key
  } catch (cause) {
    throw new IbuildError('TRUST_REJECTED', `${what}: what came is no key`, { cause })
  }
  throw new IbuildError('TRUST_REJECTED', `${what}: it is of a kind that is not known here`)
}

/** What a server says of files that it does not take: `{errors: [{code, message, detail: {Name, Error: {Msg}}}]}`. */
function rejection(json: JsonValue, what: string): IbuildError {
  const [first] = isObject(json) ? arrayIn(json, 'errors') : []
  const error = isObject(first) ? first : {}
  const told = messageIn(error['detail']) ?? textIn(error['message']) ?? 'the server says nothing more'
  const said = told.slice(0, 1000)
  if (error['code'] !== 'VERSION') return new IbuildError('TRUST_REJECTED', `${what}: ${said}`)
  return new IbuildError('TRUST_CONFLICT', `${what}: others published at the same time: ${said}`)
}

function messageIn(detail: JsonValue | undefined): string | undefined {
  const error = isObject(detail) ? detail['Error'] : undefined
  return isObject(error) ? textIn(error['Msg']) : undefined
}

function textIn(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
