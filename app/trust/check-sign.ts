import { checkSigning } from '../../notary/client/check-signing.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import { collectionMaker } from './create.ts'
import { findCollection, type TrustSession } from './session.ts'

/**
 * Resolves when tags of a collection could be signed: the trust server answers and lets us publish as far as it says so before, and all
 * keys that are needed are here and unlocked. Where there is no collection its keys are made; the one that is made later has them.
 * Errors: TRUST_*, KEY_*, PASSPHRASE_*, USAGE.
 */
export async function checkSign(session: TrustSession, gun: Gun, tags: readonly string[]): Promise<void> {
  const collection = await findCollection(session, gun)
  if (collection === undefined) await collectionMaker(session, gun)()
  else await checkSigning(collection, tags, session.keys)
}
