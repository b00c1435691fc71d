import type { CollectionState } from '../store/types.ts'
import { readTargets } from '../tuf/read-metadata.ts'
import type { TargetsRole } from '../tuf/types.ts'
import type { LiveCollections } from './live-collections.ts'

/** Hex sha256 of all targets of all roles that are reached from `targets`, whoever signed them and however long ago. */
export async function signedDigestsOf(live: LiveCollections, state: CollectionState): Promise<Set<string>> {
  const digests = new Set<string>()
  const roles: TargetsRole[] = ['targets']
  for (const role of roles) {
    if (!state.files.has(role)) continue
    const { signed } = readTargets(await live.bytes(state, role), role)
    for (const { sha256 } of signed.targets.values()) digests.add(sha256.toString('hex'))
    for (const { name } of signed.delegations.roles) roles.push(name)
  }
  return digests
}
