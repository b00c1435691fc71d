import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import forge from 'node-forge'

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
    extension('basicConstraints', sequence(asn1Boolean(true), integerOf(0)), true),
    extension('keyUsage', bits(0x06, 1), true),
    subjectKey(pair.publicKey),
  ]
  return issue({ wish, pair, extensions, issuer: name(wish.commonName), signer: pair.privateKey })
}

/** A new P-256 key with a certificate for a TLS server, signed by `authority`, which {@link createAuthority} made. */
export function createServerCertificate(authority: Credential, wish: ServerWish): Credential {
  const pair = newKeys()
  const parent = new X509Certificate(authority.certificate)
  const extensions = [
    extension('basicConstraints', sequence(), true),
    extension('keyUsage', bits(0x80, 7), true),
    extension('extKeyUsage', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    subjectKey(pair.publicKey),
    extension('authorityKeyIdentifier', sequence(context(0, keyIdentifier(parent.publicKey)))),
    extension('subjectAltName', sequence(...wish.names.map(alternativeName))),
  ]
  const signer = createPrivateKey(authority.key)
  return issue({ wish, pair, extensions, issuer: subjectOf(parent), signer })
}

interface Issue {
  readonly wish: CertificateWish
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  readonly extensions: readonly forge.asn1.Asn1[]
  readonly issuer: forge.asn1.Asn1
  readonly signer: KeyObject
}

/** RFC 5280, section 4.1. */
function issue({ wish, pair, extensions, issuer, signer }: Issue): Credential {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')) // ecdsa-with-SHA256
  const content = sequence(
    context(0, integerOf(2)),
    primitive(forge.asn1.Type.INTEGER, serial()),
    algorithm,
    issuer,
    sequence(time(wish.from), time(wish.until)),
    name(wish.commonName),
    parsed(pair.publicKey.export({ type: 'spki', format: 'der' })),
    context(3, sequence(...extensions)),
  )
  const signature = sign('sha256', encoded(content), signer)
  const certificate = sequence(
    content,
    algorithm,
    primitive(forge.asn1.Type.BITSTRING, `\0${signature.toString('latin1')}`),
  )
  return {
    certificate: pem('CERTIFICATE', encoded(certificate)),
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

/** 126 random bits, positive and of one length. */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('latin1')
}

function alternativeName(text: string): forge.asn1.Asn1 {
  const version = isIP(text)
  return version === 0 ? contextText(2, text) : contextText(7, addressBytes(text))
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

/** SHA-1 of the key's bits (RFC 5280, section 4.2.1.2): a name, nothing rests on it. */
function keyIdentifier(key: KeyObject): string {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65)
  return createHash('sha1').update(point).digest().toString('latin1')
}

function subjectKey(key: KeyObject): forge.asn1.Asn1 {
  return extension('subjectKeyIdentifier', primitive(forge.asn1.Type.OCTETSTRING, keyIdentifier(key)))
}

function subjectOf(certificate: X509Certificate): forge.asn1.Asn1 {
  const content = parsed(certificate.raw).value[0]
  const members = typeof content === 'object' ? content.value : []
  const subject = members[5] // version, serial, algorithm, issuer, validity, subject
  if (typeof subject !== 'object') throw new Error('a certificate without a subject')
  return subject
}

function name(commonName: string): forge.asn1.Asn1 {
  const attribute = sequence(
    oid('2.5.4.3'),
    primitive(forge.asn1.Type.UTF8, Buffer.from(commonName).toString('latin1')),
  )
  return sequence(constructed(forge.asn1.Type.SET, [attribute]))
}

/** UTCTime until 2049, GeneralizedTime after that (RFC 5280, section 4.1.2.5). */
function time(date: Date): forge.asn1.Asn1 {
  const digits = `${date
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:T]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? primitive(forge.asn1.Type.UTCTIME, digits.slice(2))
    : primitive(forge.asn1.Type.GENERALIZEDTIME, digits)
}

const extensionIDs = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

function extension(id: keyof typeof extensionIDs, value: forge.asn1.Asn1, isCritical = false): forge.asn1.Asn1 {
  const content = primitive(forge.asn1.Type.OCTETSTRING, encoded(value).toString('latin1'))
  return sequence(oid(extensionIDs[id]), ...(isCritical ? [asn1Boolean(true)] : []), content)
}

function sequence(...members: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return constructed(forge.asn1.Type.SEQUENCE, members)
}

function constructed(type: forge.asn1.Type, members: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, type, true, members)
}

/** `bytes` as latin1. */
function primitive(type: forge.asn1.Type, bytes: string): forge.asn1.Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, type, false, bytes)
}

/** A member with a number in place of its type: around a value, or implicitly, for bytes. */
function context(number: number, value: forge.asn1.Asn1 | string): forge.asn1.Asn1 {
  return typeof value === 'string'
    ? contextText(number, value)
    : forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, number, true, [value])
}

function contextText(number: number, bytes: string): forge.asn1.Asn1 {
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, number, false, bytes)
}

function oid(dotted: string): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.OID, forge.asn1.oidToDer(dotted).getBytes())
}

function integerOf(value: number): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.INTEGER, String.fromCharCode(value))
}

function asn1Boolean(value: boolean): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.BOOLEAN, value ? '\u00ff' : '\0')
}

function bits(value: number, unused: number): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.BITSTRING, String.fromCharCode(unused, value))
}

function encoded(value: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(value).getBytes(), 'latin1')
}

function parsed(der: Buffer): forge.asn1.Asn1 {
  return forge.asn1.fromDer(der.toString('latin1'))
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
