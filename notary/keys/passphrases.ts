import type { KeyObject } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import { type KeyFile, openKeyFile } from './key-file.ts'
import type { PassphraseAsk, PassphraseSource } from './types.ts'

type Ask = Omit<PassphraseAsk, 'attempt' | 'isNew'>

const mostAttempts = 3

/** A key of a file, and the passphrase that unlocked it; undefined for a key that is not locked. */
export interface OpenedKey {
  readonly privateKey: KeyObject
  readonly passphrase: string | undefined
}

/**
 * Unlocks a key with a passphrase that is asked for: up to three times, as long as another one is given. Errors: KEY_INVALID,
 * PASSPHRASE_MISSING, PASSPHRASE_WRONG.
 */
export async function openWithPassphrase(file: KeyFile, source: PassphraseSource, ask: Ask): Promise<OpenedKey> {
  if (!file.isEncrypted) return { privateKey: await openPlain(file), passphrase: undefined }
  const tried = new Set<string>()
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    // oxlint-disable-next-line no-await-in-loop -- people are asked one thing at a time
    const passphrase = await source({ ...ask, isNew: false, attempt })
    if (passphrase === undefined && attempt === 1) throw missing(ask)
    if (passphrase === undefined || tried.has(passphrase)) break
    tried.add(passphrase)
    // oxlint-disable-next-line no-await-in-loop -- the next passphrase is asked for when this one is wrong
    const privateKey = await openKeyFile(file, passphrase)
    if (privateKey !== undefined) return { privateKey, passphrase }
  }
  throw new IbuildError('PASSPHRASE_WRONG', `the passphrase does not unlock ${nameOf(ask)}`)
}

async function openPlain(file: KeyFile): Promise<KeyObject> {
  const key = await openKeyFile(file)
  if (key === undefined) throw new IbuildError('KEY_INVALID', 'the file of a private key holds none')
  return key
}

/** Asks for a passphrase to lock a key with. Errors: PASSPHRASE_MISSING, also for an empty one. */
export async function newPassphrase(source: PassphraseSource, ask: Ask): Promise<string> {
  const passphrase = await source({ ...ask, isNew: true, attempt: 1 })
  if (passphrase === undefined || passphrase === '') throw missing(ask)
  return passphrase
}

function missing(ask: Ask): IbuildError {
  return new IbuildError('PASSPHRASE_MISSING', `no passphrase for ${nameOf(ask)}`)
}

/** For messages: `the targets key 0123456789ab of host/app`. */
export function nameOf({ role, keyID, gun }: Ask): string {
  const id = keyID === undefined ? '' : ` ${keyID.slice(0, 12)}`
  return `the ${role === undefined ? 'private' : role} key${id}${gun === undefined ? '' : ` of ${gun}`}`
}
