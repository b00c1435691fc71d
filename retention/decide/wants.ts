import type { Wants } from '../facts.ts'
import type { Policy } from '../policy/types.ts'
import { isRole } from '../signer-name.ts'
import { speaksOf } from './rule-sets.ts'

/** What a policy has to know of items of a repository beyond names, sizes and times. */
export function wantsOf(policy: Policy, repository: string): Wants {
  const sets = policy.sets.filter(({ repositories }) => speaksOf(repositories, repository))
  const keep = sets.flatMap((set) => set.keep)
  const byCreated = keep.some((rule) => rule.kind === 'mostRecent' && rule.by === 'created')
  const olderByCreated = sets.some((set) =>
    set.delete.some((rule) => rule.kind === 'olderThan' && rule.by === 'created'),
  )
  const signers = keep.flatMap((rule) => (rule.kind === 'signedBy' ? rule.anyOf : []))
  const keys = [...new Set(signers.filter((name) => !isRole(name)))]
  return {
    created: byCreated || olderByCreated,
    labels: keep.some(({ kind }) => kind === 'label'),
    signatures: signers.length > 0,
    ...(keys.length > 0 && { keys }),
  }
}
