import { releaseRoles } from '../verifier/resolve.ts'
import type { NotaryRequirement, Policy, Requirement } from './types.ts'

/** That somebody whom a collection names has signed, whoever that is; the collection is believed at the first contact, as docker does. */
export const signedBySomebody: NotaryRequirement = {
  kind: 'notary',
  server: undefined,
  root: { keys: [], authority: undefined, allowsFirstUse: true },
  roles: releaseRoles,
  alsoRoles: [],
  keys: new Set(),
  threshold: 0,
  unreachable: 'refuse',
  maxAge: undefined,
  digests: 'verify',
}

/** The policy of whoever turned trust on without one: every image has to be signed. `source` says how, for messages. */
export function everythingSigned(source: string, how: Partial<Pick<NotaryRequirement, 'digests'>> = {}): Policy {
  return { rules: [], otherwise: { ...signedBySomebody, ...how }, source }
}

/** The same policy, where what it would let in without having said so of the name has to meet `requirement`. */
export function signedOtherwise(policy: Policy, requirement: Requirement): Policy {
  return policy.otherwise.kind === 'acceptAnything' ? { ...policy, otherwise: requirement } : policy
}
