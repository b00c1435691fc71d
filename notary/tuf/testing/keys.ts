import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { boolean, integer, oid, sequence } from '../../../shared/crypto/asn1.ts'
import { extension, issueCertificate } from '../../../shared/crypto/issue-certificate.ts'
import { keyFromCertificate, keyFromSpki } from '../key.ts'
import type { KeyType, PublicKey, SigningKey } from '../types.ts'
import { schemeOf } from '../verify.ts'

/** A key that signs in this process, with its private part at hand. */
export interface TestKey extends SigningKey {
  readonly privateKey: KeyObject
}

export interface CertificateOptions {
  readonly commonName: string
  /** Default: an hour ago. */
  readonly from?: Date
  /** Default: in ten years. */
  readonly until?: Date
  /** Default false. */
  readonly isAuthority?: boolean
  /** OIDs of the extended key usage; default that of code signing, empty: the extension is left out. */
  readonly usages?: readonly string[]
  /** Default: the key itself. */
  readonly issuer?: { readonly commonName: string; readonly privateKey: KeyObject }
}

/** A new key. Types with certificates need `certificate`, whose common name is the collection's. */
export function newKey(type: 'ecdsa' | 'rsa' | 'ed25519'): TestKey
export function newKey(type: KeyType, certificate: CertificateOptions): TestKey
export function newKey(type: KeyType, certificate?: CertificateOptions): TestKey {
  const { privateKey, publicKey } = newPair(type)
  const isPlain = certificate === undefined || type === 'ecdsa' || type === 'rsa' || type === 'ed25519'
  return testKey(
    privateKey,
    isPlain ? keyFromSpki(publicKey) : keyFromCertificate(newCertificate(privateKey, certificate)),
  )
}

/** Signs with `privateKey` in the name of `key`, which need not be its own. */
export function testKey(privateKey: KeyObject, key: PublicKey): TestKey {
  const { digest, options } = schemeOf(key.type, privateKey)
  return { key, privateKey, sign: (message) => Promise.resolve(sign(digest, message, options)) }
}

/** The same private key in another certificate: it counts as the same key. */
export function certified(key: TestKey, certificate: CertificateOptions): TestKey {
  return testKey(key.privateKey, keyFromCertificate(newCertificate(key.privateKey, certificate)))
}

const hour = 60 * 60 * 1000
const codeSigning = '1.3.6.1.5.5.7.3.3'

/** PEM of a certificate for a key. */
export function newCertificate(privateKey: KeyObject, options: CertificateOptions): string {
  const { commonName, issuer, isAuthority = false, usages = [codeSigning] } = options
  const content = {
    subject: commonName,
    issuer: issuer?.commonName ?? commonName,
    publicKey: createPublicKey(privateKey),
    from: options.from ?? new Date(Date.now() - hour),
    until: options.until ?? new Date(Date.now() + 10 * 365 * 24 * hour),
    extensions: [
      extension('basicConstraints', isAuthority ? sequence(boolean(true), integer(0)) : sequence(), true),
      ...(usages.length > 0 ? [extension('extKeyUsage', sequence(...usages.map(oid)))] : []),
    ],
  }
  return issueCertificate(content, issuer?.privateKey ?? privateKey)
}

function newPair(type: KeyType): { privateKey: KeyObject; publicKey: KeyObject } {
  if (type === 'ed25519') return generateKeyPairSync('ed25519')
  if (type === 'rsa' || type === 'rsa-x509') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}
