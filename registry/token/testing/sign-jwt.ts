import { createHmac, type KeyObject, sign } from 'node:crypto'

/** A token with any header and claims: signed with a key as its `alg` says, by a secret, or not at all. */
export function signJwt(
  header: { readonly alg: string; readonly [name: string]: unknown },
  claims: object,
  key: KeyObject | Buffer | undefined,
): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${signatureOf(text, header.alg, key).toString('base64url')}`
}

function signatureOf(text: string, alg: string, key: KeyObject | Buffer | undefined): Buffer {
  if (key === undefined) return Buffer.alloc(0)
  if (Buffer.isBuffer(key)) return createHmac('sha256', key).update(text).digest()
  // JWS has both numbers of an ECDSA signature side by side (RFC 7518, 3.4)
  return sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
}
