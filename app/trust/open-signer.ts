import { join } from 'node:path'
import type { RepositoryName, TaggedContent } from '../../builder/ports.ts'
import { folderTrustCache } from '../../notary/client/cache/folder-cache.ts'
import { createFolderKeyStore } from '../../notary/keys/folder-key-store.ts'
import type { PassphraseSource } from '../../notary/keys/types.ts'
import { parseGun } from '../../notary/tuf/gun.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import { checkSign } from './check-sign.ts'
import { type SessionOptions, withSession } from './open-session.ts'
import type { TrustSession } from './session.ts'
import { type Signed, signTags } from './sign.ts'

export interface OpenSignerOptions
  extends Pick<SessionOptions, 'server' | 'connection' | 'signal' | 'pins' | 'allowsFirstUse'> {
  /** The data folder, which remembers collections. */
  readonly root: string
  /** Holds `private`, with the keys. */
  readonly keyFolder: string
  readonly ask: PassphraseSource
}

/** Signs what tags of a repository are to mean, in one publish. Errors: those of {@link signTags}, GUN_INVALID, USAGE. */
export async function signContent(
  repository: RepositoryName,
  { tags, digest, size }: TaggedContent,
  options: OpenSignerOptions,
): Promise<Signed> {
  const content = new Map(tags.map((tag) => [tag, { digest, size }]))
  return inSession(repository, options, async (session, gun) => signTags(session, { gun, tags: content }))
}

/** See {@link checkSign}. Errors: also GUN_INVALID. */
export async function checkSignContent(
  repository: RepositoryName,
  tags: readonly string[],
  options: OpenSignerOptions,
): Promise<void> {
  return inSession(repository, options, async (session, gun) => checkSign(session, gun, tags))
}

async function inSession<T>(
  { domain, path }: RepositoryName,
  { root, keyFolder, ask, ...options }: OpenSignerOptions,
  work: (session: TrustSession, gun: Gun) => Promise<T>,
): Promise<T> {
  const gun = parseGun(`${domain}/${path}`)
  const cache = folderTrustCache(join(root, 'trust'))
  const ring = { store: createFolderKeyStore(join(keyFolder, 'private')), ask }
  return withSession({ ...options, gun, cache, ring }, async (session) => work(session, gun))
}
