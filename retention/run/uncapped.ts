import type { Policy } from '../policy/types.ts'

/** The same policy without limits of how much goes at a time. Tags that have to remain still do. */
export function uncapped(policy: Policy): Policy {
  const caps = { maxTags: undefined, maxPercentPerRepo: undefined, maxBytes: undefined }
  return { ...policy, limits: { ...policy.limits, ...caps } }
}
