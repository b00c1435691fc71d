import { hkdf, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

/** What locks the keys of a signer: something that people remember, or the bytes of a key file. */
export type SignerSecret =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'key'; readonly bytes: Uint8Array }

/** How a key is made of a secret; `cost` is scrypt's N, and 0 for the bytes of a key file, which need none. */
export interface Derivation {
  readonly kind: SignerSecret['kind']
  readonly salt: Buffer
  readonly cost: number
}

const stretch: (secret: Uint8Array, salt: Uint8Array, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt)
const expand = promisify(hkdf)

/** 64 MiB and about 0.2 seconds, once for each start. */
const ownCost = 2 ** 16
export const mostCost = 2 ** 20

export function newDerivation(kind: SignerSecret['kind']): Derivation {
  return { kind, salt: randomBytes(16), cost: kind === 'passphrase' ? ownCost : 0 }
}

/** 32 bytes. The secret is of the kind that the derivation is for. */
export async function deriveKey(secret: SignerSecret, { salt, cost }: Derivation): Promise<Buffer> {
  if (secret.kind === 'passphrase') {
    const bytes = Buffer.from(secret.passphrase.normalize('NFC'))
    return stretch(bytes, salt, 32, { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 })
  }
  return Buffer.from(await expand('sha256', secret.bytes, salt, 'ibuild notary signer 1', 32))
}
