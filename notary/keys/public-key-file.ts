import { createPublicKey, type KeyObject } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import { readPem, writePem } from '../../shared/crypto/pem.ts'
import { keyFromCertificate, keyFromSpki } from '../tuf/key.ts'
import type { PublicKey } from '../tuf/types.ts'

/** Of a file with a public key, in bytes. */
export const mostPublicKeyFile = 64 * 1024

/** A public key that somebody hands over: `bob.pub` of `docker trust key generate bob`. */
export interface PublicKeyFile {
  readonly key: PublicKey
  /** The signer, when the file says so. */
  readonly role: string | undefined
}

/** PEM with a header for whose key it is. */
export function writePublicKey({ object }: Pick<PublicKey, 'object'>, role: string): string {
  return writePem('PUBLIC KEY', object.export({ type: 'spki', format: 'der' }), [['role', role]])
}

/** Reads a public key or a certificate in PEM. Errors: KEY_INVALID. */
export function readPublicKey(text: string): PublicKeyFile {
  if (text.length > mostPublicKeyFile) throw invalid('it is too large for one')
  const [block] = readPem(text)
  const role = block?.headers.get('role')
  if (block?.label === 'CERTIFICATE') return { key: keyFromCertificate(text), role }
  if (block?.label === 'PUBLIC KEY') return { key: keyFromSpki(spki(block.bytes)), role }
  throw invalid(block === undefined ? 'it has no PEM' : `it holds: ${block.label.toLowerCase()}`)
}

function spki(bytes: Buffer): KeyObject {
  try {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' })
  } catch (cause) {
    throw invalid('its bytes are no key', cause)
  }
}

function invalid(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('KEY_INVALID', `the file is none with a public key: ${problem}`, { cause })
}
