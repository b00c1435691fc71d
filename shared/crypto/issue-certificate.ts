import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  type Asn1,
  bigInteger,
  bits,
  boolean,
  context,
  decode,
  encode,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
} from './asn1.ts'
import { writePem } from './pem.ts'

export interface CertificateContent {
  /** The common name. */
  readonly subject: string
  /** A common name, or the name as it stands in another certificate. */
  readonly issuer: string | Asn1
  readonly publicKey: KeyObject
  readonly from: Date
  readonly until: Date
  readonly extensions: readonly Asn1[]
}

/** An X.509 v3 certificate (RFC 5280, section 4.1) in PEM, signed with SHA-256 by an EC or RSA key. */
export function issueCertificate(content: CertificateContent, signer: KeyObject): string {
  const { subject, issuer, publicKey, from, until, extensions } = content
  const algorithm = algorithmOf(signer)
  const body = sequence(
    context(0, integer(2)),
    bigInteger(serial()),
    algorithm,
    typeof issuer === 'string' ? name(issuer) : issuer,
    sequence(time(from), time(until)),
    name(subject),
    decode(publicKey.export({ type: 'spki', format: 'der' })),
    context(3, sequence(...extensions)),
  )
  const signature = sign('sha256', encode(body), signer)
  return writePem('CERTIFICATE', encode(sequence(body, algorithm, bits(signature))))
}

function algorithmOf({ asymmetricKeyType: type }: KeyObject): Asn1 {
  if (type === 'ec') return sequence(oid('1.2.840.10045.4.3.2')) // ecdsa-with-SHA256
  if (type === 'rsa') return sequence(oid('1.2.840.113549.1.1.11'), nothing()) // sha256WithRSAEncryption
  throw new Error(`certificates are not signed with a key of type ${type ?? 'secret'}`)
}

/** 126 random bits, positive and of one length. */
function serial(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

function name(commonName: string): Asn1 {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))))
}

const extensionIDs = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

export function extension(id: keyof typeof extensionIDs, value: Asn1, isCritical = false): Asn1 {
  return sequence(oid(extensionIDs[id]), ...(isCritical ? [boolean(true)] : []), octets(encode(value)))
}

/** The extension that names the key of the certificate itself. */
export function subjectKey(key: KeyObject): Asn1 {
  return extension('subjectKeyIdentifier', octets(keyIdentifier(key)))
}

/** SHA-1 of the key's bits (RFC 5280, section 4.2.1.2) of an uncompressed point on P-256: a name, nothing rests on it. */
export function keyIdentifier(key: KeyObject): Buffer {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha1').update(point).digest()
}
