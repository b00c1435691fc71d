import { createPublicKey, type KeyObject } from 'node:crypto'
import { bits, oid, sequence } from '../../shared/crypto/asn1.ts'
import { extension, issueCertificate } from '../../shared/crypto/issue-certificate.ts'
import { keyFromCertificate } from '../tuf/key.ts'
import type { Gun, PublicKey } from '../tuf/types.ts'

const years = 10
/** digitalSignature and keyEncipherment. */
const keyUsage = 0xa0
const codeSigning = '1.3.6.1.5.5.7.3.3'

/**
 * A certificate for a root key as stock clients make and want it: signed by the key itself, for the collection alone, ten years.
 * Gives the public key in this form. A plain Error for an Ed25519 key, which no root can have.
 */
export function rootCertificate(privateKey: KeyObject, gun: Gun, now: number): PublicKey {
  const from = new Date(now)
  const until = new Date(now)
  until.setUTCFullYear(until.getUTCFullYear() + years)
  const publicKey = createPublicKey(privateKey)
  const extensions = [
    extension('keyUsage', bits(Buffer.of(keyUsage), 5), true),
    extension('extKeyUsage', sequence(oid(codeSigning))),
    extension('basicConstraints', sequence(), true),
  ]
  const content = { subject: gun, issuer: gun, publicKey, from, until, extensions }
  return keyFromCertificate(issueCertificate(content, privateKey))
}
