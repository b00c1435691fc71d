import type { Gun, Metadata, RoleName } from '../../tuf/types.ts'

/**
 * What is to be published once enough keys signed it. Signers hand it on from one to the next; nothing of it is secret, and nothing of
 * it counts before it is signed.
 */
export interface Pending {
  readonly gun: Gun
  /** The new files, each with the signatures that it has so far. */
  readonly files: ReadonlyMap<RoleName, Metadata>
}
