import type { Draft } from '../../notary/client/changes/types.ts'
import { createCollection } from '../../notary/client/plans/create-collection.ts'
import { generateKey, unlockKey } from '../../notary/keys/key-ring.ts'
import { rootCertificate } from '../../notary/keys/root-certificate.ts'
import type { UnlockedKey } from '../../notary/keys/types.ts'
import { certificateProblem, leafOf } from '../../notary/tuf/certificate.ts'
import { keyFromCertificate } from '../../notary/tuf/key.ts'
import type { Gun, KeyID, PublicKey } from '../../notary/tuf/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { TrustSession } from './session.ts'

/** How a collection is made that there is not yet. */
export interface CreateOptions {
  /** Canonical IDs of the root keys; without any the one of the key store, which is made when there is none. */
  readonly rootKeys?: readonly KeyID[] | undefined
  /** How many of them must sign; 1 unless told. */
  readonly rootThreshold?: number | undefined
  /** Certificates in PEM for root keys, issued by a CA; keys without get one that is signed by itself. */
  readonly rootCertificates?: readonly string[] | undefined
  /** True: the snapshot is signed here, so that nobody can publish without its key. Else the server does it. */
  readonly hasOwnSnapshot?: boolean | undefined
}

/**
 * A collection that only has to be published, with its keys: of the key store, new ones, and those of the server. It is made once,
 * however often it is asked for. Errors: USAGE when it is not clear which root key is meant; KEY_*; PASSPHRASE_*; those of the
 * publisher.
 */
export function collectionMaker(session: TrustSession, gun: Gun, options: CreateOptions = {}): () => Promise<Draft> {
  let made: Promise<Draft> | undefined
  return async () => (made ??= make(session, gun, options))
}

async function make(session: TrustSession, gun: Gun, options: CreateOptions): Promise<Draft> {
  const { publisher } = session
  // whom the server lets in is known before any key is made
  const timestamp = await publisher.key(gun, 'timestamp')
  const root = await rootKeysOf(session, gun, options)
  const targets = await ownKey(session, gun, 'targets')
  const snapshot =
    options.hasOwnSnapshot === true ? await ownKey(session, gun, 'snapshot') : await publisher.key(gun, 'snapshot')
  return createCollection(gun, { root, rootThreshold: options.rootThreshold, targets, snapshot, timestamp })
}

/** Root keys in certificates for the collection. Errors: as of {@link collectionMaker}. */
async function rootKeysOf(session: TrustSession, gun: Gun, options: CreateOptions): Promise<readonly PublicKey[]> {
  const ids = options.rootKeys ?? (await usualRootKey(session))
  const certificates = (options.rootCertificates ?? []).map((pem) => checkedCertificate(pem, gun, session.now()))
  const keys: PublicKey[] = []
  for (const id of ids) {
    const certified = certificates.find((key) => key.canonicalID === id)
    keys.push(certified ?? rootCertificate((await unlockKey(session.ring, id)).privateKey, gun, session.now()))
  }
  return keys
}

/** A certificate for a root key. Errors: KEY_INVALID. */
export function checkedCertificate(pem: string, gun: Gun, now: number): PublicKey {
  const key = keyFromCertificate(pem)
  const problem = certificateProblem(leafOf(pem), { gun, now })
  if (problem === undefined) return key
  throw new IbuildError('KEY_INVALID', `the certificate is none for the root of ${gun}: ${problem}`)
}

/** The root key of the key store, or a new one; docker has one for all images as well. */
async function usualRootKey({ ring }: TrustSession): Promise<readonly KeyID[]> {
  const roots = (await ring.store.list()).filter(({ role }) => role === 'root')
  const [only] = roots
  if (only === undefined) return [(await generateKey(ring, { role: 'root', gun: undefined })).key.canonicalID]
  if (roots.length === 1) return [only.id]
  throw new IbuildError(
    'USAGE',
    `there are ${roots.length} root keys: ${roots.map(({ id }) => id.slice(0, 12)).join(', ')}`,
    {
      hint: 'Say with --root-key which one is to own the collection.',
    },
  )
}

/** The key of a role that was made for the collection before, or a new one. */
async function ownKey({ ring }: TrustSession, gun: Gun, role: 'targets' | 'snapshot'): Promise<PublicKey> {
  const known = (await ring.store.list()).find((key) => key.role === role && key.gun === gun)
  const key: UnlockedKey =
    known === undefined ? await generateKey(ring, { role, gun }) : await unlockKey(ring, known.id)
  return key.key
}
