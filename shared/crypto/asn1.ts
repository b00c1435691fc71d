import forge from 'node-forge'

/** A value of ASN.1 (X.690, DER): a string is the content of a primitive one, as latin1. */
export type Asn1 = forge.asn1.Asn1

export function sequence(...members: Asn1[]): Asn1 {
  return constructed(forge.asn1.Type.SEQUENCE, members)
}

export function set(...members: Asn1[]): Asn1 {
  return constructed(forge.asn1.Type.SET, members)
}

function constructed(type: forge.asn1.Type, members: Asn1[]): Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, type, true, members)
}

/** `bytes` as latin1. */
function primitive(type: forge.asn1.Type, bytes: string): Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, type, false, bytes)
}

/** A member with a number in place of its type: around a value, or implicitly, for bytes (as latin1). */
export function context(number: number, value: Asn1 | string): Asn1 {
  const isText = typeof value === 'string'
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, number, !isText, isText ? value : [value])
}

export function oid(dotted: string): Asn1 {
  return primitive(forge.asn1.Type.OID, forge.asn1.oidToDer(dotted).getBytes())
}

/** Of 0 to 2^31 - 1. */
export function integer(value: number): Asn1 {
  return primitive(forge.asn1.Type.INTEGER, forge.asn1.integerToDer(value).getBytes())
}

/** Of its bytes, two's complement. */
export function bigInteger(bytes: Uint8Array): Asn1 {
  return primitive(forge.asn1.Type.INTEGER, latin1(bytes))
}

export function boolean(value: boolean): Asn1 {
  return primitive(forge.asn1.Type.BOOLEAN, value ? '\u00ff' : '\0')
}

export function nothing(): Asn1 {
  return primitive(forge.asn1.Type.NULL, '')
}

export function octets(bytes: Uint8Array): Asn1 {
  return primitive(forge.asn1.Type.OCTETSTRING, latin1(bytes))
}

/** The last `unused` bits do not count. */
export function bits(bytes: Uint8Array, unused = 0): Asn1 {
  return primitive(forge.asn1.Type.BITSTRING, String.fromCharCode(unused) + latin1(bytes))
}

export function utf8(text: string): Asn1 {
  return primitive(forge.asn1.Type.UTF8, latin1(Buffer.from(text)))
}

/** UTCTime until 2049, GeneralizedTime after that (RFC 5280, section 4.1.2.5). */
export function time(date: Date): Asn1 {
  const plain = date.toISOString().replace(/\.\d+Z$/, '')
  const digits = `${plain.replaceAll(/[-:T]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? primitive(forge.asn1.Type.UTCTIME, digits.slice(2))
    : primitive(forge.asn1.Type.GENERALIZEDTIME, digits)
}

export function encode(value: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(value).getBytes(), 'latin1')
}

/** Reads one value with nothing behind it. Throws a plain Error for what is no DER. */
export function decode(der: Uint8Array): Asn1 {
  return forge.asn1.fromDer(latin1(der))
}

/** The members of a sequence or set; undefined for anything else. */
export function membersOf(value: Asn1 | undefined): readonly Asn1[] | undefined {
  const isOne = value?.type === forge.asn1.Type.SEQUENCE || value?.type === forge.asn1.Type.SET
  return isOne && isUniversal(value) && Array.isArray(value.value) ? value.value : undefined
}

/** The dotted form of an object identifier; undefined for anything else. */
export function oidOf(value: Asn1 | undefined): string | undefined {
  const content = contentOf(value, forge.asn1.Type.OID)
  return content === undefined ? undefined : forge.asn1.derToOid(forge.util.createBuffer(content, 'raw'))
}

/** The bytes of an octet string; undefined for anything else. */
export function octetsOf(value: Asn1 | undefined): Buffer | undefined {
  const content = contentOf(value, forge.asn1.Type.OCTETSTRING)
  return content === undefined ? undefined : Buffer.from(content, 'latin1')
}

/** An integer of at most 4 bytes; undefined for anything else. */
export function integerOf(value: Asn1 | undefined): number | undefined {
  const content = contentOf(value, forge.asn1.Type.INTEGER)
  const isSmall = content !== undefined && content.length >= 1 && content.length <= 4
  return isSmall ? Buffer.from(content, 'latin1').readIntBE(0, content.length) : undefined
}

function contentOf(value: Asn1 | undefined, type: forge.asn1.Type): string | undefined {
  const isOne = value !== undefined && isUniversal(value) && value.type === type
  return isOne && typeof value.value === 'string' ? value.value : undefined
}

function isUniversal(value: Asn1): boolean {
  return value.tagClass === forge.asn1.Class.UNIVERSAL
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
