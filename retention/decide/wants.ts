import type { Wants } from '../facts.ts'
import type { Policy } from '../policy/types.ts'

/** What a policy has to know of items beyond names, sizes and times. */
export function wantsOf(policy: Policy): Wants {
  const keep = policy.sets.flatMap((set) => set.keep)
  const byCreated = keep.some((rule) => rule.kind === 'mostRecent' && rule.by === 'created')
  const olderByCreated = policy.sets.some((set) =>
    set.delete.some((rule) => rule.kind === 'olderThan' && rule.by === 'created'),
  )
  return {
    created: byCreated || olderByCreated,
    labels: keep.some(({ kind }) => kind === 'label'),
    signatures: keep.some(({ kind }) => kind === 'signedBy'),
  }
}
