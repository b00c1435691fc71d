import { IbuildError } from '../../shared/base/errors.ts'
import type { BaseRole, DelegationName, RoleName, TargetsRole } from './types.ts'

/** The roles that each collection has. */
export const baseRoles: readonly BaseRole[] = ['root', 'targets', 'snapshot', 'timestamp']

const maxLength = 255
const delegation = /^targets(?:\/[-a-z0-9_]+)+$/

/** Parses the name of a role: one of the four, or `targets/...` for a delegation. At most 255 characters. Errors: ROLE_INVALID. */
export function parseRole(text: string): RoleName {
  if (isRole(text)) return text
  throw new IbuildError('ROLE_INVALID', `not the name of a role: ${JSON.stringify(text.slice(0, 300))}`)
}

/** As {@link parseRole}, for roles that list targets. */
export function parseTargetsRole(text: string): TargetsRole {
  if (isTargetsRole(text)) return text
  throw new IbuildError(
    'ROLE_INVALID',
    `not the name of a role that lists targets: ${JSON.stringify(text.slice(0, 300))}`,
  )
}

/** True for what {@link parseRole} takes. */
export function isRole(text: string): text is RoleName {
  return isBaseRole(text) || isDelegation(text)
}

export function isBaseRole(text: string): text is BaseRole {
  return baseRoles.some((role) => role === text)
}

/** True for names of delegations, of any depth. Whether there is such a role is another question. */
export function isDelegation(text: string): text is DelegationName {
  return text.length <= maxLength && delegation.test(text)
}

/** True for `targets` and delegations. */
export function isTargetsRole(text: string): text is TargetsRole {
  return text === 'targets' || isDelegation(text)
}

/** The role that delegates to this one: `targets/a` of `targets/a/b`. */
export function parentOf(role: DelegationName): TargetsRole {
  return parseTargetsRole(role.slice(0, role.lastIndexOf('/')))
}

/** True when `parent` may delegate to `child`, which its name says. */
export function isDirectChild(parent: TargetsRole, child: DelegationName): boolean {
  return child.startsWith(`${parent}/`) && !child.includes('/', parent.length + 1)
}
