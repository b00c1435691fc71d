import type { KeyObject } from 'node:crypto'
import type { KeyID, SigningKey } from '../tuf/types.ts'

/** Types of keys that people sign with. */
export type OwnKeyType = 'ecdsa' | 'ed25519' | 'rsa'

/** What a key is for, as its file says. */
export interface KeyUse {
  /** `root`, `targets`, `snapshot`, a delegation's name, or that of a signer; undefined when the file does not say. */
  readonly role: string | undefined
  /** The collection it belongs to; keys for roots and for delegations belong to none. */
  readonly gun: string | undefined
}

/** A private key that is in a store, as much as is known without its passphrase. */
export interface StoredKey extends KeyUse {
  /** The canonical one. */
  readonly id: KeyID
  readonly isEncrypted: boolean
}

/**
 * Private keys as PEM under their canonical IDs. What is stored is durable when a promise resolves, and nobody ever reads half a
 * key. Errors: KEY_INVALID for what holds no key.
 */
export interface KeyStore {
  /** In the order of IDs. Files that hold no key are left out. */
  list(): Promise<readonly StoredKey[]>
  find(id: KeyID): Promise<StoredKey | undefined>
  /** The file of a key; undefined when there is none. */
  read(id: KeyID): Promise<string | undefined>
  /** In the place of what is there. */
  write(id: KeyID, pem: string): Promise<void>
  /** False when there was none. */
  remove(id: KeyID): Promise<boolean>
}

/** For what a passphrase is asked. */
export interface PassphraseAsk extends KeyUse {
  /** Canonical; undefined for a key that cannot be known before it is unlocked. */
  readonly keyID: KeyID | undefined
  /** True when the key will be locked with it, so that people are asked twice. */
  readonly isNew: boolean
  /** 1, and one more after each that was wrong. */
  readonly attempt: number
}

/** Gets a passphrase from a person, a file or a variable; undefined when there is none. */
export type PassphraseSource = (ask: PassphraseAsk) => Promise<string | undefined>

/** Where keys are, and who knows their passphrases. */
export interface KeyRing {
  readonly store: KeyStore
  readonly ask: PassphraseSource
}

/** A private key that can be used. */
export interface UnlockedKey extends SigningKey, KeyUse {
  readonly privateKey: KeyObject
}
