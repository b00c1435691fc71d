import { checkOptions } from '../../builder/check-options.ts'
import type { ImageSigner } from '../../builder/ports.ts'
import { keptPassphrases } from '../trust/kept-passphrases.ts'
import type { OpenSignerOptions } from '../trust/open-signer.ts'
import type { StoreOptions } from './options.ts'
import { credentialsOf, type RegistryOptions } from './registries.ts'

/** A private key for which a passphrase is needed. */
export interface NeededPassphrase {
  /** `root`, `targets`, `snapshot`, or the name of a signer. */
  readonly role: string | undefined
  /** The ID of the key; undefined for one that is only known when it is unlocked. */
  readonly keyID: string | undefined
  /** True when a new key is locked with it. */
  readonly isNew: boolean
  /** 1, and one more after each that was wrong. */
  readonly attempt: number
}

/** With what images are signed; neither the environment nor files of Docker are read. */
export interface SignerOptions extends StoreOptions {
  /** Folder of a key store as Docker has it, `~/.docker/trust`; keys that are needed and not there are made. */
  readonly keys: string
  /** Gets passphrases; undefined when there is none. */
  readonly passphrase: (needed: NeededPassphrase) => string | undefined | Promise<string | undefined>
  /** The trust server; else the one that the name of an image leads to. */
  readonly server?: string
  /** PEM certificates of authorities of the trust server, beside those that everybody trusts. */
  readonly authorities?: readonly string[]
  /** Root keys, of which a collection that was never seen has one; else it must have one that is in `keys`. */
  readonly pins?: readonly string[]
  /** True: a collection that was never seen is believed. */
  readonly allowsFirstUse?: boolean
  /** Who we are for the trust server. */
  readonly registries?: Pick<RegistryOptions, 'logins' | 'userAgent'>
  /** Gets what a person may want to know. */
  readonly onNotice?: (message: string) => void
}

/**
 * Signs tags in trusted collections: `build({ ...options, publisher, signer })`, or by itself for what is in a registry. All tags of a
 * call are signed in one publish, and read back; a collection that there is not yet is made. A build asks `checkSign` before it begins,
 * and a passphrase is asked for once. Errors of both: `TRUST_*`,
 * `KEY_*`, `PASSPHRASE_*`, `GUN_INVALID`, `DIGEST_INVALID`, `USAGE`.
 */
export function openSigner(options: SignerOptions): ImageSigner {
  const checked = checkOptions('openSigner', options, ['root', 'keys', 'passphrase'])
  const settings = settingsOf(checked)
  const never = new AbortController().signal
  return {
    checkSign: async (repository, tags, { signal = never } = {}) => {
      const { checkSignContent } = await import('../trust/open-signer.ts')
      await checkSignContent(repository, tags, { ...settings, signal })
    },
    sign: async (repository, content, { signal = never } = {}) => {
      const { signContent } = await import('../trust/open-signer.ts')
      await signContent(repository, content, { ...settings, signal })
    },
  }
}

function settingsOf({
  root,
  keys,
  passphrase,
  server,
  authorities,
  pins = [],
  allowsFirstUse = false,
  registries = {},
  onNotice,
}: SignerOptions): Omit<OpenSignerOptions, 'signal'> {
  const { userAgent = 'ibuild' } = registries
  return {
    root,
    server,
    pins,
    allowsFirstUse,
    keyFolder: keys,
    ask: keptPassphrases(async (needed) => passphrase(needed)),
    connection: {
      userAgent,
      credentials: credentialsOf(registries),
      certificateFolders: [],
      ca: authorities,
      onNotice,
    },
  }
}
