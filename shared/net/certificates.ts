import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type Asn1, bits, boolean, context, decode, integer, membersOf, oid, sequence } from '../crypto/asn1.ts'
import { extension, issueCertificate, keyIdentifier, subjectKey } from '../crypto/issue-certificate.ts'

/** A certificate and the key that it is for, both PEM. */
export interface Credential {
  readonly certificate: string
  readonly key: string
}

export interface CertificateWish {
  /** The common name, for people. */
  readonly commonName: string
  readonly from: Date
  readonly until: Date
}

export interface ServerWish extends CertificateWish {
  /** DNS names and IP addresses that the server is reached by. */
  readonly names: readonly string[]
}

/** A new P-256 key with a certificate of its own, to sign others with; not those of further CAs (RFC 5280, section 4.2.1.9). */
export function createAuthority(wish: CertificateWish): Credential {
  const pair = newKeys()
  const extensions = [
    extension('basicConstraints', sequence(boolean(true), integer(0)), true),
    extension('keyUsage', bits(Buffer.of(0x06), 1), true),
    subjectKey(pair.publicKey),
  ]
  return issue({ wish, pair, extensions, issuer: wish.commonName, signer: pair.privateKey })
}

/** A new P-256 key with a certificate for a TLS server, signed by `authority`, which {@link createAuthority} made. */
export function createServerCertificate(authority: Credential, wish: ServerWish): Credential {
  const pair = newKeys()
  const parent = new X509Certificate(authority.certificate)
  const extensions = [
    extension('basicConstraints', sequence(), true),
    extension('keyUsage', bits(Buffer.of(0x80), 7), true),
    extension('extKeyUsage', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    subjectKey(pair.publicKey),
    extension('authorityKeyIdentifier', sequence(context(0, keyIdentifier(parent.publicKey).toString('latin1')))),
    extension('subjectAltName', sequence(...wish.names.map(alternativeName))),
  ]
  const signer = createPrivateKey(authority.key)
  return issue({ wish, pair, extensions, issuer: subjectOf(parent), signer })
}

/** A new P-256 key with a certificate for a TLS client, signed by `authority`, which {@link createAuthority} made. */
export function createClientCertificate(authority: Credential, wish: CertificateWish): Credential {
  const pair = newKeys()
  const parent = new X509Certificate(authority.certificate)
  const extensions = [
    extension('basicConstraints', sequence(), true),
    extension('keyUsage', bits(Buffer.of(0x80), 7), true),
    extension('extKeyUsage', sequence(oid('1.3.6.1.5.5.7.3.2'))),
    subjectKey(pair.publicKey),
    extension('authorityKeyIdentifier', sequence(context(0, keyIdentifier(parent.publicKey).toString('latin1')))),
  ]
  return issue({ wish, pair, extensions, issuer: subjectOf(parent), signer: createPrivateKey(authority.key) })
}

interface Issue {
  readonly wish: CertificateWish
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  readonly extensions: readonly Asn1[]
  readonly issuer: string | Asn1
  readonly signer: KeyObject
}

function issue({ wish, pair, extensions, issuer, signer }: Issue): Credential {
  const { commonName: subject, from, until } = wish
  const { publicKey, privateKey } = pair
  return {
    certificate: issueCertificate({ subject, issuer, publicKey, from, until, extensions }, signer),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

function alternativeName(text: string): Asn1 {
  return isIP(text) === 0 ? context(2, text) : context(7, addressBytes(text))
}

/** The 4 or 16 bytes of an IP address, as latin1. */
function addressBytes(address: string): string {
  if (isIP(address) === 4) return String.fromCharCode(...address.split('.').map(Number))
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) =>
    Buffer.from(parts.slice(0, 4).map(Number)).toString('hex').replace(/^..../, '$&:'),
  )
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter((word) => word !== ''))
  const words = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return Buffer.from(words.map((word) => word.padStart(4, '0')).join(''), 'hex').toString('latin1')
}

function subjectOf(certificate: X509Certificate): Asn1 {
  const content = membersOf(membersOf(decode(certificate.raw))?.[0])
  const subject = content?.[5] // version, serial, algorithm, issuer, validity, subject
  if (subject === undefined) throw new Error('a certificate without a subject')
  return subject
}
