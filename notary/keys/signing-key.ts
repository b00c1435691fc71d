import { type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { keyFromSpki } from '../tuf/key.ts'
import type { PublicKey, SigningKey } from '../tuf/types.ts'
import { schemeOf } from '../tuf/verify.ts'

const signElsewhere = promisify(sign)

/**
 * A private key as one that signs metadata; `key` is its public key in the form in which metadata has it, when that is a
 * certificate. Errors: KEY_INVALID for a key of a type or strength that is not used.
 */
export function signingKey(privateKey: KeyObject, key: PublicKey = keyFromSpki(privateKey)): SigningKey {
  const { digest, options } = schemeOf(key.type, privateKey)
  const isSlow = privateKey.asymmetricKeyType === 'rsa'
  return {
    key,
    sign: async (message) =>
      isSlow ? signElsewhere(digest ?? undefined, message, options) : sign(digest, message, options),
  }
}
