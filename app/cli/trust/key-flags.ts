import { dirname, join, resolve } from 'node:path'
import { createFolderKeyStore } from '../../../notary/keys/folder-key-store.ts'
import type { KeyRing, KeyStore } from '../../../notary/keys/types.ts'
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
