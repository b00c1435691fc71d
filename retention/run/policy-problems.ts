import { PolicyRefused } from '../policy/policy-refused.ts'
import type { Policy } from '../policy/types.ts'
import type { Parts } from './parts.ts'

/** The policy of a text. Errors: RETENTION_POLICY_INVALID. */
export function policyOf(text: string, readPolicy: Parts['readPolicy']): Policy {
  const read = readPolicy(text)
  if ('policy' in read) return read.policy
  throw new PolicyRefused(read.problems)
}
