import type { Gun, PublicKey, RoleName, ServerRole } from '../tuf/types.ts'

/**
 * What a trust server does for those who sign. Errors: TRUST_DENIED, TRUST_UNREACHABLE, and TRUST_REJECTED with the reason that the
 * server gives.
 */
export interface Publisher {
  /** The server's key for a role, made when it has none. */
  key(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** A new key of the server; it counts when a root names it. */
  rotateKey(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** All of the files become current, or none. Errors: TRUST_CONFLICT when a version of one of them is there already. */
  publish(gun: Gun, files: ReadonlyMap<RoleName, Uint8Array>): Promise<void>
  /** Removes the collection with all its versions; nothing happens when there is none. */
  remove(gun: Gun): Promise<void>
}
