import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import { keyFromSpki } from '../tuf/key.ts'
import type { KeyID, PublicKey } from '../tuf/types.ts'
import { exportedFile, type KeyFile, readKeyFiles, writeKeyFile } from './key-file.ts'
import { nameOf, newPassphrase, type OpenedKey, openWithPassphrase } from './passphrases.ts'
import { signingKey } from './signing-key.ts'
import type { KeyRing, KeyUse, OwnKeyType, UnlockedKey } from './types.ts'

/** A new private key; RSA of 3072 bits. */
export function newPrivateKey(type: OwnKeyType): KeyObject {
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
}

/** Makes a key and stores it under a new passphrase. Errors: PASSPHRASE_MISSING. */
export async function generateKey(ring: KeyRing, use: KeyUse, type: OwnKeyType = 'ecdsa'): Promise<UnlockedKey> {
  return addKey(ring, use, newPrivateKey(type))
}

/** Stores a key under a new passphrase. Errors: KEY_INVALID, PASSPHRASE_MISSING. */
export async function addKey(ring: KeyRing, use: KeyUse, privateKey: KeyObject): Promise<UnlockedKey> {
  const key = keyFromSpki(privateKey)
  const stored = usedIn(use)
  const passphrase = await newPassphrase(ring.ask, { ...stored, keyID: key.canonicalID })
  await ring.store.write(key.canonicalID, await writeKeyFile(privateKey, stored, passphrase))
  return unlocked(privateKey, stored, key)
}

/** Keys of roots and of delegations belong to no one collection, as the stock clients have it. */
function usedIn({ role, gun }: KeyUse): KeyUse {
  return { role, gun: isOfCollection(role) ? gun : undefined }
}

function isOfCollection(role: string | undefined): boolean {
  return role === 'targets' || role === 'snapshot' || role === 'timestamp'
}

function unlocked(privateKey: KeyObject, { role, gun }: KeyUse, key: PublicKey): UnlockedKey {
  return { ...signingKey(privateKey, key), privateKey, role, gun }
}

/** A key that is stored, unlocked. Errors: KEY_NOT_FOUND, KEY_INVALID, PASSPHRASE_MISSING, PASSPHRASE_WRONG. */
export async function unlockKey(ring: KeyRing, id: KeyID): Promise<UnlockedKey> {
  const { file, opened } = await openStored(ring, id)
  return unlocked(opened.privateKey, file, keyFromSpki(opened.privateKey))
}

/** Locks a key with another passphrase. Errors as of {@link unlockKey}. */
export async function changePassphrase(ring: KeyRing, id: KeyID): Promise<void> {
  const { file, opened } = await openStored(ring, id)
  const passphrase = await newPassphrase(ring.ask, { role: file.role, gun: file.gun, keyID: id })
  await ring.store.write(id, await writeKeyFile(opened.privateKey, file, passphrase))
}

/**
 * The file of a key for another key store: locked with the same passphrase, with the ID that the notary client wants to see.
 * Errors: KEY_NOT_FOUND, KEY_INVALID.
 */
export async function exportKey({ store }: Pick<KeyRing, 'store'>, id: KeyID): Promise<string> {
  return exportedFile(await storedFile({ store }, id), id)
}

/** Removes a key for good. Errors: KEY_NOT_FOUND. */
export async function removeKey({ store }: Pick<KeyRing, 'store'>, id: KeyID): Promise<void> {
  if (!(await store.remove(id))) throw notFound(id)
}

/**
 * Stores the keys of a text: what was exported, or PKCS#8, PKCS#1 or SEC 1. A key that was locked stays so with its passphrase,
 * others get a new one. What a file says that its key is for counts before `use`. Errors: KEY_INVALID, PASSPHRASE_MISSING,
 * PASSPHRASE_WRONG; keys before the one that fails are stored.
 */
export async function importKeys(ring: KeyRing, text: string, use: KeyUse): Promise<readonly UnlockedKey[]> {
  const files = readKeyFiles(text)
  if (files.length === 0)
    throw new IbuildError('KEY_INVALID', 'no private key is there, or it is too large', {
      hint: 'In PEM it begins with a line such as -----BEGIN PRIVATE KEY-----.',
    })
  const keys: UnlockedKey[] = []
  // oxlint-disable-next-line no-await-in-loop -- people are asked one thing at a time
  for (const file of files) keys.push(await importKey(ring, file, use))
  return keys
}

async function importKey(ring: KeyRing, file: KeyFile, use: KeyUse): Promise<UnlockedKey> {
  const meant = usedIn({ role: file.role ?? use.role, gun: file.gun ?? use.gun })
  if (meant.role === undefined) {
    throw new IbuildError('KEY_INVALID', 'the file does not say what its key is for', { hint: 'Name a role for it.' })
  }
  const opened = await openWithPassphrase(file, ring.ask, { ...meant, keyID: file.id })
  const { privateKey, passphrase } = opened
  if (passphrase === undefined) return addKey(ring, meant, privateKey)
  const key = keyFromSpki(privateKey)
  await ring.store.write(key.canonicalID, await writeKeyFile(privateKey, meant, passphrase))
  return unlocked(privateKey, meant, key)
}

async function openStored(ring: KeyRing, id: KeyID): Promise<{ readonly file: KeyFile; readonly opened: OpenedKey }> {
  const file = await storedFile(ring, id)
  const ask = { role: file.role, gun: file.gun, keyID: id }
  const opened = await openWithPassphrase(file, ring.ask, ask)
  if (keyFromSpki(opened.privateKey).canonicalID === id) return { file, opened }
  throw new IbuildError('KEY_INVALID', `the file of ${nameOf(ask)} holds another key`)
}

async function storedFile({ store }: Pick<KeyRing, 'store'>, id: KeyID): Promise<KeyFile> {
  const [text, known] = await Promise.all([store.read(id), store.find(id)])
  if (text === undefined) throw notFound(id)
  const [file] = readKeyFiles(text)
  if (file === undefined) throw new IbuildError('KEY_INVALID', `the file of the key ${id} holds no private key`)
  return { ...file, role: file.role ?? known?.role, gun: file.gun ?? known?.gun }
}

function notFound(id: KeyID): IbuildError {
  return new IbuildError('KEY_NOT_FOUND', `the private key ${id} is not in the key store`)
}
