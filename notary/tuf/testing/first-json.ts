import type { JsonObject } from '../../../shared/base/json.ts'
import { fileMetaOf } from '../file-meta.ts'
import { expiryOf, rootJson, snapshotJson, targetsJson, timestampJson } from '../metadata-json.ts'
import { baseRoles } from '../role.ts'
import type { BaseRole, Gun, RoleKeys } from '../types.ts'
import { newKey, type TestKey } from './keys.ts'

/** Who signs which role of a collection, and when. */
export interface RoleSigners {
  readonly keys: Readonly<Record<BaseRole, readonly TestKey[]>>
  readonly thresholds: Readonly<Record<BaseRole, number>>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One new key for each role: P-256, for the root with a certificate, for the timestamp Ed25519. */
export function newKeys(gun: Gun): Record<BaseRole, readonly TestKey[]> {
  return {
    root: [newKey('ecdsa-x509', { commonName: gun })],
    targets: [newKey('ecdsa')],
    snapshot: [newKey('ecdsa')],
    timestamp: [newKey('ed25519')],
  }
}

/** What is to be signed of a role at first: version 1, and nothing in it. */
export function firstJson(role: BaseRole, signers: RoleSigners): JsonObject {
  const common = { version: 1, expires: expiryOf(role, signers.now) }
  if (role === 'root') return rootOf(1, signers)
  if (role === 'targets') return targetsJson({ ...common, targets: [] })
  return role === 'snapshot'
    ? snapshotJson({ ...common, meta: [] })
    : timestampJson({ ...common, snapshot: fileMetaOf(Buffer.of()) })
}

/** What is to be signed of a root. */
export function rootOf(version: number, { keys, thresholds, now }: RoleSigners): JsonObject {
  const role = (name: BaseRole): RoleKeys => ({
    keyIDs: keys[name].map(({ key }) => key.id),
    threshold: thresholds[name],
  })
  return rootJson({
    version,
    expires: expiryOf('root', now),
    keys: baseRoles.flatMap((name) => keys[name].map(({ key }) => key)),
    roles: { root: role('root'), targets: role('targets'), snapshot: role('snapshot'), timestamp: role('timestamp') },
  })
}
