import { createHash } from 'node:crypto'
import { IbuildError } from './errors.ts'

/** `sha256:` with 64 or `sha512:` with 128 lower-case hex digits (OCI image-spec, descriptor.md). Only this module makes one. */
export type Digest = string & { readonly __brand: 'Digest' }

export type DigestAlgorithm = 'sha256' | 'sha512'

const pattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** Parses a digest; anything else is DIGEST_INVALID. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new IbuildError('DIGEST_INVALID', `not a digest: ${JSON.stringify(text.slice(0, 160))}`)
  return text
}

export function isDigest(text: string): text is Digest {
  return pattern.test(text)
}

/** The digest of bytes, sha256 unless asked otherwise. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}

/** The digest made of an algorithm and a raw hash (32 or 64 bytes). */
export function digestFromHash(hash: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  const bytes = Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength)
  return parseDigest(`${algorithm}:${bytes.toString('hex')}`)
}

/** The hex part. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** The first 12 hex digits, by which people tell digests apart. */
export function shortHex(digest: Digest): string {
  return hexOf(digest).slice(0, 12)
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256'
}
