import { type Sealed, signAll, type Unsigned } from '../../../notary/client/changes/seal.ts'
import type { SigningKeys } from '../../../notary/client/changes/types.ts'
import { differenceOf } from '../../../notary/client/pending/difference.ts'
import { mostPendingFile, readPending } from '../../../notary/client/pending/pending-file.ts'
import type { Pending } from '../../../notary/client/pending/types.ts'
import { unsignedOf } from '../../../notary/client/pending/unsigned-of.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { findCollection, publishingOf, type TrustSession } from '../../trust/session.ts'
import { readFileAs } from './read-text-file.ts'

/** What is pending, on top of what is trusted now. */
export interface PendingWork {
  readonly unsigned: Unsigned
  /** What it would change, one line for each thing. */
  readonly difference: readonly string[]
  /** With the signatures that are there. */
  readonly sealed: Sealed
}

/** Reads a file of what is to be published. Errors: USAGE, TRUST_PENDING_INVALID. */
export function readPendingFile(file: string): Pending {
  return readFileAs(file, mostPendingFile, (text) => readPending(Buffer.from(text)))
}

/** Holds it against the collection as it is, and signs it with `keys`. Errors: TRUST_*; those of the keys. */
export async function workOn(session: TrustSession, pending: Pending, keys: SigningKeys): Promise<PendingWork> {
  const collection = await findCollection(session, pending.gun)
  const publishing = publishingOf(session, pending.gun)
  const unusable = collection === undefined ? new Map() : await publishing.unusable(collection)
  const unsigned = unsignedOf(pending, collection, { now: session.now(), unusable })
  const signatures = new Map([...pending.files].map(([role, { signatures }]) => [role, signatures]))
  return {
    unsigned,
    difference: differenceOf(pending, collection).map(sanitize),
    sealed: await signAll(unsigned, keys, signatures),
  }
}

/** For who only looks. */
export const noKeys: SigningKeys = { has: async () => false, unlock: async () => undefined }
