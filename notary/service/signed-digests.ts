import type { CollectionState } from '../store/types.ts'
import { readTargets } from '../tuf/read-metadata.ts'
import { noteSigned, type SignedDigests, type SignedName } from '../tuf/signed-digests.ts'
import type { TargetsRole } from '../tuf/types.ts'
import type { LiveCollections } from './live-collections.ts'

/** All targets of all roles that are reached from `targets`, whoever signed them and however long ago. */
export async function signedDigestsOf(live: LiveCollections, state: CollectionState): Promise<SignedDigests> {
  const digests = new Map<string, SignedName[]>()
  const roles: TargetsRole[] = ['targets']
  for (const role of roles) {
    if (!state.files.has(role)) continue
    const { signed } = readTargets(await live.bytes(state, role), role)
    noteSigned(digests, role, signed)
    for (const { name } of signed.delegations.roles) roles.push(name)
  }
  return digests
}
