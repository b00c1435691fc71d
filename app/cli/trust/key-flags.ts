import { dirname, join, resolve } from 'node:path'
import { createFolderKeyStore } from '../../../notary/keys/folder-key-store.ts'
import type { KeyRing, KeyStore, StoredKey } from '../../../notary/keys/types.ts'
import { isKeyID } from '../../../notary/tuf/key.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { keptPassphrases } from '../../trust/kept-passphrases.ts'
import type { Command } from '../arguments.ts'
import { dockerConfigFile, type Environment } from '../registry-settings.ts'
import { passphraseSource } from './passphrases.ts'

/** Flags of every command that uses private keys. */
export interface KeyFlags {
  readonly trustDir?: string
  readonly passphraseFile?: string
}

/** Declares {@link KeyFlags}. */
export function declareKeyFlags(parser: Command): Command {
  return declareStoreFlag(parser).option(
    '--passphrase-file <file>',
    'its first line unlocks all keys that no variable is about',
  )
}

/** Declares the flag for where keys are, for commands that unlock none. */
export function declareStoreFlag(parser: Command): Command {
  return parser.option('--trust-dir <dir>', 'folder of the key store (default: trust beside config.json of docker)')
}

/** The key store of Docker, or that of another folder. Errors: USAGE. */
export function keyStoreOf({ trustDir }: KeyFlags, env: Environment = process.env): KeyStore {
  if (trustDir === '') throw new IbuildError('USAGE', '--trust-dir is empty')
  return createFolderKeyStore(join(trustDir === undefined ? trustFolder(env) : resolve(trustDir), 'private'))
}

/** The key store, and who knows the passphrases, of each key asked once. Errors: USAGE. */
export function keyRingOf(flags: KeyFlags, env: Environment = process.env): KeyRing {
  return { store: keyStoreOf(flags, env), ask: keptPassphrases(passphraseSource({ env, file: flags.passphraseFile })) }
}

function trustFolder(env: Environment): string {
  return join(dirname(dockerConfigFile(env)), 'trust')
}

/** The one key whose ID begins like that. Errors: KEY_NOT_FOUND; USAGE when there are several. */
export async function keyNamed(store: KeyStore, text: string): Promise<StoredKey> {
  if (!/^[0-9a-f]{4,64}$/.test(text))
    throw new IbuildError('USAGE', `not the ID of a key: ${JSON.stringify(text.slice(0, 80))}`, {
      hint: 'Give at least four of its hex digits; see ibuild trust key list.',
    })
  const known = isKeyID(text) ? await store.find(text) : undefined
  const found = known === undefined ? (await store.list()).filter(({ id }) => id.startsWith(text)) : [known]
  const [key] = found
  if (key === undefined) throw new IbuildError('KEY_NOT_FOUND', `there is no key ${text} in the key store`)
  if (found.length === 1) return key
  throw new IbuildError('USAGE', `${found.length} keys begin with ${text}: write more of the one that is meant`)
}
