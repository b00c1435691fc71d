import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { makeFolders } from '../../shared/cas/disk.ts'
import { readStart } from '../../shared/cas/read-start.ts'
import { writeDurably } from '../../shared/cas/write-durably.ts'
import type { SignerSecret } from './secret.ts'
import { checkSecretFile } from './secret-file.ts'

type Notify = (notice: string) => void

/** Where the secret of a signer comes from; at most one of them. */
export interface SecretSource {
  readonly passphrase?: string | undefined
  /** One line. */
  readonly passphraseFile?: string | undefined
  readonly keyFile?: string | undefined
}

const [leastKey, mostKey] = [32, 4096]

/**
 * Reads the secret that a configuration names; undefined when it names none. Is told which file others may read. Errors:
 * SIGNER_INVALID, also for a file that others may write.
 */
export async function readSecret(source: SecretSource, onNotice?: Notify): Promise<SignerSecret | undefined> {
  const { passphrase, passphraseFile, keyFile } = source
  const named = [passphrase, passphraseFile, keyFile].filter((each) => each !== undefined)
  if (named.length > 1) throw invalid('a signer has either a passphrase, a file with one, or a key file')
  if (keyFile !== undefined) return { kind: 'key', bytes: keyBytes(await readSmall(keyFile, onNotice), keyFile) }
  if (passphraseFile === undefined) return passphrase === undefined ? undefined : passphraseOf(passphrase, 'it')
  const text = (await readSmall(passphraseFile, onNotice)).toString('utf8').replace(/\r?\n$/, '')
  return passphraseOf(text, passphraseFile)
}

/**
 * The key file that a signer makes for itself: 32 random bytes in hex, for its owner alone. It is made only when `mayMake`: once
 * there are keys, a new one would unlock none of them. Errors: SIGNER_INVALID.
 */
export async function ownKeyFile(file: string, mayMake: boolean, onNotice?: Notify): Promise<SignerSecret> {
  const there = await readIfThere(file, onNotice)
  if (there !== undefined) return { kind: 'key', bytes: keyBytes(there, file) }
  if (!mayMake) throw invalid(`the key file ${file} is gone, and keys are locked with it`)
  const text = `${randomBytes(32).toString('hex')}\n`
  makeFolders(dirname(file), 0o700)
  await writeDurably(file, text, 0o600)
  return { kind: 'key', bytes: keyBytes(Buffer.from(text), file) }
}

/** The secret that locks the keys in a folder, as they are now. Errors: SIGNER_INVALID, also when there are none. */
export async function secretOfFolder(folder: string, source: SecretSource, onNotice?: Notify): Promise<SignerSecret> {
  return (await readSecret(source, onNotice)) ?? ownKeyFile(ownKeyFileOf(folder), false, onNotice)
}

/** The file that a signer locks its keys with when nothing else was configured. */
export function ownKeyFileOf(folder: string): string {
  return join(folder, 'signer.key')
}

function passphraseOf(passphrase: string, where: string): SignerSecret {
  if (passphrase === '') throw invalid(`the passphrase of the signer is empty: ${where}`)
  return { kind: 'passphrase', passphrase }
}

/** White space around it, as an editor leaves it, does not count. */
function keyBytes(content: Buffer, file: string): Buffer {
  const bytes = Buffer.from(content.toString('latin1').trim(), 'latin1')
  if (bytes.length >= leastKey && bytes.length <= mostKey) return bytes
  throw invalid(`the key file ${file} has ${bytes.length} bytes, not ${leastKey} to ${mostKey}`)
}

async function readSmall(file: string, onNotice: Notify | undefined): Promise<Buffer> {
  const content = await readIfThere(file, onNotice)
  if (content === undefined) throw invalid(`${file} is not there`)
  return content
}

async function readIfThere(file: string, onNotice: Notify | undefined): Promise<Buffer | undefined> {
  try {
    await checkSecretFile(file, onNotice)
    return await readStart(file, mostKey + 2)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    if (isIbuildError(cause)) throw cause
    throw invalid(`${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, cause)
  }
}

function invalid(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('SIGNER_INVALID', problem, { cause })
}
