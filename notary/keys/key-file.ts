import { createPrivateKey, type KeyObject } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import { type PemBlock, readPem, writePem } from '../../shared/crypto/pem.ts'
import { isKeyID } from '../tuf/key.ts'
import type { KeyID } from '../tuf/types.ts'
import { cosignLabels, openCosignKey } from './cosign-key-file.ts'
import { isLockedKey, lock, unlock } from './pbes2.ts'
import { fromPoints, readPkcs8, writePkcs8 } from './pkcs8.ts'
import type { KeyUse } from './types.ts'

/** A private key as it stands in a file, locked or not. */
export interface KeyFile extends KeyUse {
  /** The canonical ID, in files that were exported; nobody checked it. */
  readonly id: KeyID | undefined
  readonly isEncrypted: boolean
  readonly block: PemBlock
}

/** Of a file that is read as one with keys, in bytes. */
export const mostKeyFile = 256 * 1024

const labels: ReadonlySet<string> = new Set([
  'ENCRYPTED PRIVATE KEY',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
  'ED25519 PRIVATE KEY',
  ...cosignLabels,
])

/** All private keys of a text: those of Docker's key store, of the notary client's exports, PKCS#8, PKCS#1, SEC 1, and
 * those of cosign. */
export function readKeyFiles(text: string): readonly KeyFile[] {
  if (text.length > mostKeyFile) return []
  return readPem(text)
    .filter(({ label }) => labels.has(label))
    .map((block) => ({ ...usesOf(block), isEncrypted: isEncrypted(block), block }))
}

/** What `text` says it is for, of a role or collection: nothing that breaks out of a line. */
function plain(text: string | undefined): string | undefined {
  return text !== undefined && /^[\x21-\x7e]{1,255}$/.test(text) ? text : undefined
}

function usesOf({ headers }: PemBlock): KeyUse & { readonly id: KeyID | undefined } {
  const path = headers.get('path')?.replace(/^.*\//, '') ?? ''
  return { role: plain(headers.get('role')), gun: plain(headers.get('gun')), id: isKeyID(path) ? path : undefined }
}

function isEncrypted({ label, headers }: PemBlock): boolean {
  return label.startsWith('ENCRYPTED ') || headers.get('Proc-Type')?.includes('ENCRYPTED') === true
}

/** The text of a key that is locked with a passphrase, as Docker's key store has it. */
export async function writeKeyFile(key: KeyObject, use: KeyUse, passphrase: string): Promise<string> {
  return pemOf(await lock(writePkcs8(key), passphrase), use)
}

/** The text of a file that is exported: with the key's ID, without which the notary client imports no locked key. */
export function exportedFile({ block, role, gun, isEncrypted: isLocked }: KeyFile, id: KeyID): string {
  const others = [...block.headers].filter(([name]) => isLocked && /^(?:Proc-Type|DEK-Info)$/.test(name))
  return writePem(block.label, block.bytes, [...others, ...given({ gun, path: id, role })])
}

function pemOf(der: Uint8Array, { role, gun }: KeyUse): string {
  return writePem('ENCRYPTED PRIVATE KEY', der, given({ gun, role }))
}

/** Headers that have a value, in their order. */
function given(headers: Readonly<Record<string, string | undefined>>): (readonly [name: string, value: string])[] {
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

/**
 * The key of a file; undefined when the passphrase is not its. Errors: KEY_INVALID for a file that holds no key or locks it in a
 * way that is not known.
 */
export async function openKeyFile(
  { block, isEncrypted: isLocked }: KeyFile,
  passphrase = '',
): Promise<KeyObject | undefined> {
  if (!isLocked) return openPlain(block) ?? fail('it holds no private key')
  if (cosignLabels.has(block.label)) return openCosignKey(block.bytes, passphrase)
  if (block.label !== 'ENCRYPTED PRIVATE KEY') return openTraditional(block, passphrase)
  if (!isLockedKey(block.bytes))
    fail('it is locked in a way that is not known; openssl pkcs8 -topk8 -v2 aes256 makes one that is')
  const der = await unlock(block.bytes, passphrase)
  return der === undefined ? undefined : readPkcs8(der)
}

function openPlain({ label, bytes }: PemBlock): KeyObject | undefined {
  if (label === 'PRIVATE KEY') return readPkcs8(bytes)
  if (label === 'ED25519 PRIVATE KEY') return fromPoints(bytes)
  try {
    return createPrivateKey({ key: bytes, format: 'der', type: label === 'RSA PRIVATE KEY' ? 'pkcs1' : 'sec1' })
  } catch {
    return undefined
  }
}

/** Locked by the headers of the PEM (RFC 1421), which must be the only ones for OpenSSL. */
function openTraditional({ label, headers, bytes }: PemBlock, passphrase: string): KeyObject | undefined {
  const own = [...headers].filter(([name]) => /^(?:Proc-Type|DEK-Info)$/.test(name))
  try {
    return createPrivateKey({ key: writePem(label, bytes, own), passphrase })
  } catch {
    return undefined
  }
}

function fail(problem: string): never {
  throw new IbuildError('KEY_INVALID', `the file of a private key cannot be used: ${problem}`)
}
