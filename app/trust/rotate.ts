import type { Change } from '../../notary/client/changes/types.ts'
import type { Current } from '../../notary/client/publish.ts'
import { generateKey, unlockKey } from '../../notary/keys/key-ring.ts'
import { rootCertificate } from '../../notary/keys/root-certificate.ts'
import type { BaseRole, Gun, KeyID, PublicKey, Root } from '../../notary/tuf/types.ts'
import type { TrustedCollection } from '../../notary/verifier/types.ts'
import { checkedCertificate } from './create.ts'
import type { TrustSession } from './session.ts'

export interface RotateRequest {
  readonly gun: Gun
  readonly role: BaseRole
  /** Who has the new key; the timestamp's is always the server's. */
  readonly by: 'server' | 'local'
  /** Canonical IDs of keys of the key store that come instead of a new one. */
  readonly keys?: readonly KeyID[] | undefined
  /** Root certificates in PEM, issued by a CA, for some of the keys. */
  readonly certificates?: readonly string[] | undefined
  /** True: the keys of now stay beside. */
  readonly isAdded?: boolean | undefined
  /** IDs, canonical ones too, of keys that go. */
  readonly removed?: ((collection: TrustedCollection) => readonly KeyID[]) | undefined
  /** How many must sign; as it is unless told, but never more than there are keys then. */
  readonly threshold?: number | undefined
}

/** The changes of all requests, for one root. Errors: as of {@link rotation}. */
export function rotations(
  session: TrustSession,
  requests: readonly RotateRequest[],
): (current: Current) => Promise<readonly Change[]> {
  const all = requests.map((request) => rotation(session, request))
  return async (current) => (await Promise.all(all.map((changes) => changes(current)))).flat()
}

/**
 * The change that gives a role other keys. New ones are made once, whatever comes between. Errors: KEY_*, PASSPHRASE_*, and those of
 * the publisher.
 */
export function rotation(
  session: TrustSession,
  request: RotateRequest,
): (current: Current) => Promise<readonly Change[]> {
  let made: Promise<readonly PublicKey[]> | undefined
  return async ({ collection }) => {
    const next = await (made ??= newKeys(session, request))
    const root = collection.root.signed
    const kept = request.isAdded === true || next.length === 0 ? keysOf(root, request.role) : []
    const keys = distinct([...kept, ...next]).filter((key) => !isNamed(key, request.removed?.(collection)))
    const count = new Set(keys.map(({ canonicalID }) => canonicalID)).size
    const threshold = request.threshold ?? Math.min(root.roles[request.role].threshold, Math.max(1, count))
    return [{ kind: 'replace-keys', role: request.role, keys, threshold }]
  }
}

async function newKeys(session: TrustSession, request: RotateRequest): Promise<readonly PublicKey[]> {
  const { gun, role, by, keys, removed, threshold } = request
  if (by === 'server' && (role === 'snapshot' || role === 'timestamp'))
    return [await session.publisher.rotateKey(gun, role)]
  const isOnlyLess =
    keys === undefined && (removed !== undefined || threshold !== undefined) && request.isAdded !== true
  if (isOnlyLess) return []
  const unlocked =
    keys === undefined
      ? [await generateKey(session.ring, { role, gun: role === 'root' ? undefined : gun })]
      : await Promise.all(keys.map(async (id) => unlockKey(session.ring, id)))
  if (role !== 'root') return unlocked.map(({ key }) => key)
  const certificates = (request.certificates ?? []).map((pem) => checkedCertificate(pem, gun, session.now()))
  return unlocked.map(
    ({ key, privateKey }) =>
      certificates.find(({ canonicalID }) => canonicalID === key.canonicalID) ??
      rootCertificate(privateKey, gun, session.now()),
  )
}

function keysOf({ roles, keys }: Root, role: BaseRole): readonly PublicKey[] {
  return roles[role].keyIDs.flatMap((id) => {
    const key = keys.get(id)
    return key === undefined || key.type === undefined ? [] : [key]
  })
}

function distinct(keys: readonly PublicKey[]): readonly PublicKey[] {
  return [...new Map(keys.map((key) => [key.canonicalID, key])).values()]
}

function isNamed({ id, canonicalID }: PublicKey, ids: readonly KeyID[] = []): boolean {
  return ids.includes(id) || ids.includes(canonicalID)
}
