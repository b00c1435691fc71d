import { suggest } from '../../shared/base/suggest.ts'
import { PolicyRefused } from '../policy/policy-refused.ts'
import type { PolicyProblem } from '../policy/problem.ts'
import type { Policy } from '../policy/types.ts'
import type { Inventory } from '../ports.ts'
import { isRole } from '../signer-name.ts'

type Signing = Pick<Inventory, 'source' | 'signers'>

/** Whom a policy lets keep what they signed, and who cannot sign anything here: what they should keep would go. */
export function unknownSigners({ sets }: Policy, inventory: Signing): readonly PolicyProblem[] {
  const rules = sets.flatMap(({ keep }) => keep.flatMap((rule) => (rule.kind === 'signedBy' ? [rule] : [])))
  return rules.flatMap(({ path, anyOf }) =>
    anyOf.flatMap((name, i) => {
      const message = problemOf(name, inventory)
      return message === undefined ? [] : [{ path: `${path}.signedBy[${i}]`, message }]
    }),
  )
}

/** Errors: RETENTION_POLICY_INVALID. */
export function mustKnowSigners(policy: Policy, inventory: Signing): void {
  const problems = unknownSigners(policy, inventory)
  if (problems.length > 0) throw new PolicyRefused(problems)
}

function problemOf(name: string, { source, signers = [] }: Signing): string | undefined {
  if (source !== 'registry') return 'keeps nothing here, for only images of a registry are signed'
  if (isRole(name) || signers.includes(name)) return undefined
  const meant = suggest(name, signers)
  const question = meant === undefined ? '' : `; did you mean ${meant}?`
  return `there is no key ${name} in retention.signers of the configuration, and roles begin with targets${question}`
}
