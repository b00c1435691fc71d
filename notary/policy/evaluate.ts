import type { ImageName, Policy, Requirement } from './types.ts'

/** What a policy requires of a name: by the first rule that fits it. */
export function evaluate(policy: Policy, name: ImageName): Requirement {
  return policy.rules.find((rule) => rule.matches(name))?.requirement ?? policy.otherwise
}

/** The requirements that a requirement is made of, itself included, in the order in which they are held against something. */
export function partsOf(requirement: Requirement): readonly Requirement[] {
  const isMade = requirement.kind === 'anyOf' || requirement.kind === 'allOf'
  return isMade ? requirement.of.flatMap(partsOf) : [requirement]
}

/**
 * True when a requirement can be met by content that the registry names, because nobody else says what a tag means: cosign's
 * signatures are of digests.
 */
export function leavesTagToRegistry(requirement: Requirement): boolean {
  switch (requirement.kind) {
    case 'acceptAnything':
    case 'cosign':
      return true
    case 'notary':
    case 'reject':
      return false
    case 'anyOf':
      return requirement.of.some(leavesTagToRegistry)
    case 'allOf':
      return requirement.of.every(leavesTagToRegistry)
  }
}
