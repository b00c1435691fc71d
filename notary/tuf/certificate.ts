import { X509Certificate } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Gun } from './types.ts'

/** Of a bundle: more is no chain that anybody needs. */
const maxCertificates = 10
const maxBytes = 128 * 1024
const pemBlock = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g

/** Reads PEM certificates, the leaf first, then what lies between it and its CA. Errors: KEY_INVALID. */
export function readCertificates(pem: Uint8Array | string): readonly [X509Certificate, ...X509Certificate[]] {
  const text = Buffer.from(pem).toString('latin1')
  const blocks = text.length > maxBytes ? [] : (text.match(pemBlock) ?? [])
  if (blocks.length > maxCertificates)
    throw certificateInvalid(`${blocks.length} certificates, more than ${maxCertificates}`)
  const [leaf, ...others] = blocks.map(readOne)
  if (leaf === undefined)
    throw new IbuildError('KEY_INVALID', 'no PEM certificate is there', {
      hint: 'A certificate in PEM begins with -----BEGIN CERTIFICATE-----.',
    })
  return [leaf, ...others]
}

/** The first certificate of a bundle. Errors: KEY_INVALID. */
export function leafOf(pem: Uint8Array | string): X509Certificate {
  return readCertificates(pem)[0]
}

function readOne(block: string): X509Certificate {
  try {
    return new X509Certificate(block)
  } catch (cause) {
    throw certificateInvalid('a certificate cannot be read', cause)
  }
}

/**
 * The common name of the subject; undefined when there is none, or more than one. It is read from the text, a part in each line,
 * in which control characters and what RFC 2253 names are escaped: `toLegacyObject` leaves Node's module `tls` without
 * `createSecureContext` when that was not loaded before.
 */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const names = subjectParts(certificate).filter((part) => part.startsWith('CN='))
  return names.length === 1 ? names[0]?.slice('CN='.length) : undefined
}

/** Whose certificate it is, for messages. */
export function subjectText(certificate: X509Certificate): string {
  return subjectParts(certificate).join(', ') || 'nobody'
}

function subjectParts({ subject }: X509Certificate): readonly string[] {
  // Node says undefined, against its types, where the subject is empty.
  const text: string | undefined = subject
  return text?.split('\n') ?? []
}

/** True when a certificate of that common name is for the collection: the name itself, or its beginning before a `*`. */
export function isNameFor(commonName: string, gun: Gun): boolean {
  return commonName.endsWith('*') ? gun.startsWith(commonName.slice(0, -1)) : commonName === gun
}

export interface CertificateNeeds {
  readonly gun: Gun
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** How far the clock of whoever made the certificate may be ahead, as the reference client has it. */
const leeway = 24 * 60 * 60 * 1000

/** Why a certificate is none that root keys of a collection come in; undefined when it is one. Its key is looked at by `publicKey`. */
export function certificateProblem(certificate: X509Certificate, needs: CertificateNeeds): string | undefined {
  const name = commonNameOf(certificate)
  if (name === undefined) return 'the certificate has no common name, or several'
  if (!isNameFor(name, needs.gun))
    return `the certificate is for ${JSON.stringify(name.slice(0, 300))}, not for ${needs.gun}`
  if (certificate.ca) return 'the certificate is one of a CA'
  if (/sha1|md5/i.test(certificate.signatureAlgorithm ?? '')) {
    return `the certificate is signed with ${certificate.signatureAlgorithm}, which is broken`
  }
  if (certificate.validToDate.getTime() < needs.now)
    return `the certificate expired at ${certificate.validToDate.toISOString()}`
  const isEarly = certificate.validFromDate.getTime() > needs.now + leeway
  return isEarly ? `the certificate begins at ${certificate.validFromDate.toISOString()}` : undefined
}

function certificateInvalid(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('KEY_INVALID', problem, { cause })
}
