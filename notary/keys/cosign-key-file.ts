import { createPrivateKey, type KeyObject, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import {
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonObject,
  type JsonPlace,
  parseJson,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { base64Bytes } from '../tuf/fields.ts'

/** Labels of PEM that cosign gives its locked private keys, now and earlier. */
export const cosignLabels: ReadonlySet<string> = new Set([
  'ENCRYPTED SIGSTORE PRIVATE KEY',
  'ENCRYPTED COSIGN PRIVATE KEY',
])

const stretch: (secret: string, salt: Uint8Array, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt)

/** Of the product of all parameters: 1 GiB of memory. */
const mostCost = 2 ** 23

interface Locked {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number }
  readonly salt: Buffer
  readonly nonce: Buffer
  readonly content: Buffer
}

/**
 * The key in a private key file of cosign: PKCS#8 in a box of NaCl (XSalsa20-Poly1305), under a key that scrypt makes of the
 * passphrase. Undefined when the passphrase is not its. Errors: KEY_INVALID for what is locked in another way.
 */
export async function openCosignKey(json: Uint8Array, passphrase: string): Promise<KeyObject | undefined> {
  const { cost, salt, nonce, content } = readLocked(json)
  const key = await stretch(passphrase, salt, 32, { ...cost, maxmem: 256 * cost.N * cost.r })
  try {
    const der = xsalsa20poly1305(key, nonce).decrypt(content)
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

function readLocked(json: Uint8Array): Locked {
  const place: JsonPlace = { code: 'KEY_INVALID', path: 'private key of cosign' }
  try {
    const file = asObject(parseJson(json, { what: place.path, maxBytes: 64 * 1024, maxDepth: 8 }), place)
    const [kdf, cipher] = [required(file, 'kdf', place, asObject), required(file, 'cipher', place, asObject)]
    const [inKdf, inCipher] = [placeOf(place, 'kdf'), placeOf(place, 'cipher')]
    expect(kdf, inKdf, 'scrypt')
    expect(cipher, inCipher, 'nacl/secretbox')
    const nonce = required(cipher, 'nonce', inCipher, base64Bytes)
    if (nonce.length !== 24) failAt(placeOf(inCipher, 'nonce'), 'has not 24 bytes')
    return {
      cost: readCost(required(kdf, 'params', inKdf, asObject), placeOf(inKdf, 'params')),
      salt: required(kdf, 'salt', inKdf, base64Bytes),
      nonce,
      content: required(file, 'ciphertext', place, base64Bytes),
    }
  } catch (cause) {
    if (isIbuildError(cause, 'JSON_INVALID')) throw new IbuildError('KEY_INVALID', cause.message, { cause })
    throw cause
  }
}

function readCost(params: JsonObject, place: JsonPlace): Locked['cost'] {
  const [N, r, p] = (['N', 'r', 'p'] as const).map((name) => required(params, name, place, asInteger))
  if (N === undefined || r === undefined || p === undefined || N < 2 || r < 1 || p < 1) failAt(place, 'are too small')
  if (!Number.isInteger(Math.log2(N)) || N * r * p > mostCost) failAt(place, 'are beyond what is worked through')
  return { N, r, p }
}

function expect(object: JsonObject, place: JsonPlace, name: string): void {
  const found = required(object, 'name', place, asString)
  if (found !== name) failAt(placeOf(place, 'name'), `is not ${name}, which alone is known`)
}
