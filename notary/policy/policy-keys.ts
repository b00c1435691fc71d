import { IbuildError } from '../../shared/base/errors.ts'
import { asString, failAt, type JsonGuard, type JsonPlace, type JsonValue } from '../../shared/base/json.ts'
import { isKeyID } from '../tuf/key.ts'
import type { KeyID, PublicKey } from '../tuf/types.ts'
import type { RootAnchor } from './types.ts'

/** What a policy refers to beside itself. */
export interface PolicyFiles {
  /** Text of a file that the policy names, relative to it; at most 64 KiB. Errors: TRUST_POLICY_INVALID. */
  read(path: string): string
  /** A public key or certificate in PEM. Errors: KEY_INVALID. */
  publicKey(pem: string): PublicKey
  /** What a collection's root is known by where a requirement does not say; without it, it has to. */
  readonly usualRoot?: RootAnchor | undefined
}

const beginning = '-----BEGIN'

/** PEM: written out, or in a file. */
export function pemIn(files: PolicyFiles): JsonGuard<string> {
  return (value, place) => {
    const text = asString(value, place)
    const pem = text.trimStart().startsWith(beginning) ? text : told(place, () => files.read(text))
    return pem.includes(beginning) ? pem : failAt(place, 'is neither PEM nor a file with PEM')
  }
}

/** A public key or a certificate, as PEM. */
export function publicKeyIn(files: PolicyFiles): JsonGuard<PublicKey> {
  const pemAt = pemIn(files)
  return (value, place) => {
    const pem = pemAt(value, place)
    return told(place, () => files.publicKey(pem))
  }
}

/** Of a key its canonical ID: 64 hex digits, or a public key or certificate of which it is taken. */
export function keyIDIn(files: PolicyFiles): JsonGuard<KeyID> {
  const key = publicKeyIn(files)
  return (value, place) => idOf(value) ?? key(value, place).canonicalID
}

function idOf(value: JsonValue): KeyID | undefined {
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return isKeyID(text) ? text : undefined
}

/** What `work` fails with, at the place in the policy. */
function told<T>(place: JsonPlace, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof IbuildError)) throw error
    return failAt(place, error.message)
  }
}
