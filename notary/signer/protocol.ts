import { asObject, asString, type JsonObject, parseJson, required } from '../../shared/base/json.ts'
import { isGun } from '../tuf/gun.ts'
import { isKeyID } from '../tuf/key.ts'
import type { Gun, KeyID, ServerRole } from '../tuf/types.ts'

/**
 * What is said between a notary server and its signer: JSON over HTTP/1.1 and TLS with certificates on both sides.
 *
 * ```
 * POST /v1/keys                {"gun","role"}            200 a public key as in metadata
 * GET  /v1/keys/ID                                       200 the same with "gun", 404
 * POST /v1/keys/ID/signatures  the message as it is      200 {"signature"} in base64, 404
 * GET  /v1/health                                        200 {}, 503
 * ```
 * Errors are `{"error":{"message"}}`: 400 for what is not understood, 403 for who may not, 404 for a key that is not held, 413, 503.
 */
export type SignerCall =
  | { readonly call: 'create'; readonly gun: Gun; readonly role: ServerRole }
  | { readonly call: 'find'; readonly id: KeyID }
  | { readonly call: 'sign'; readonly id: KeyID; readonly message: Uint8Array }
  | { readonly call: 'check' }

/** Bytes of a message to be signed: metadata of snapshots and timestamps. */
export const mostMessage = 16 * 1024 * 1024
/** Bytes of any other body. */
export const mostBody = 64 * 1024

/** The method, path and body of a request. */
export interface SignerRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: { readonly type: string; readonly bytes: Uint8Array }
}

export function requestOf(call: SignerCall): SignerRequest {
  switch (call.call) {
    case 'create':
      return {
        method: 'POST',
        path: '/v1/keys',
        body: { type: 'application/json', bytes: Buffer.from(JSON.stringify({ gun: call.gun, role: call.role })) },
      }
    case 'find':
      return { method: 'GET', path: `/v1/keys/${call.id}` }
    case 'sign':
      return {
        method: 'POST',
        path: `/v1/keys/${call.id}/signatures`,
        body: { type: 'application/octet-stream', bytes: call.message },
      }
    case 'check':
      return { method: 'GET', path: '/v1/health' }
  }
}

/** What a request without its body is; undefined for what there is not. */
export function endpointOf(
  method: string,
  path: string,
): { readonly call: SignerCall['call']; readonly id?: KeyID } | undefined {
  if (method === 'GET' && path === '/v1/health') return { call: 'check' }
  if (method === 'POST' && path === '/v1/keys') return { call: 'create' }
  const [, id = '', rest] = /^\/v1\/keys\/([^/]+)(\/signatures)?$/.exec(path) ?? []
  const call = rest === undefined ? 'find' : 'sign'
  return isKeyID(id) && method === (call === 'find' ? 'GET' : 'POST') ? { call, id } : undefined
}

/** What the body of a request for a key says; undefined when it says it badly. */
export function readWish(bytes: Uint8Array): { readonly gun: Gun; readonly role: ServerRole } | undefined {
  try {
    const place = { code: 'JSON_INVALID', path: 'request' } as const
    const object = asObject(parseJson(bytes, { what: 'request', maxBytes: mostBody, maxDepth: 4 }), place)
    const [gun, role] = [required(object, 'gun', place, asString), required(object, 'role', place, asString)]
    return isGun(gun) && (role === 'snapshot' || role === 'timestamp') ? { gun, role } : undefined
  } catch {
    return undefined
  }
}

export function errorBody(message: string): JsonObject {
  return { error: { message } }
}
