import { isDelegation } from '../../../notary/tuf/role.ts'
import type { DelegationName } from '../../../notary/tuf/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'

/** The name of a role below `targets`. Errors: ROLE_INVALID. */
export function parseDelegation(text: string): DelegationName {
  if (isDelegation(text)) return text
  throw new IbuildError('ROLE_INVALID', `not the name of a delegation: ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'Write it as targets/NAME: lower-case letters, digits, - and _.',
  })
}
