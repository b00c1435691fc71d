import type { Limits } from '../policy/types.ts'
import { countText } from './ages.ts'
import { type Fate, fates } from './ledger.ts'
import type { Decision } from './types.ts'

/** What limits make of a decision to delete. */
export function limited(decision: Decision, fate: Fate, limits: Limits): Decision {
  const { item, reason, about } = decision
  if (fate === fates.goes) return decision
  const { rule, text } = limitText(fate, limits)
  const why = fate === fates.minRemaining ? 'MIN_REMAINING' : 'CAP_REACHED'
  return { item, verdict: 'keep', reason: why, rule, about: `${text}; else it would go: ${reason}, ${about}` }
}

function limitText(fate: Exclude<Fate, 0>, limits: Limits): { readonly rule: string; readonly text: string } {
  switch (fate) {
    case fates.minRemaining:
      return {
        rule: 'limits.minRemainingPerRepo',
        text: `${countText(limits.minRemainingPerRepo, 'tag')} must remain in the repository`,
      }
    case fates.percent:
      return {
        rule: 'limits.maxPercentPerRepo',
        text: `no more than ${limits.maxPercentPerRepo}% of the tags of a repository go at a time`,
      }
    case fates.maxTags:
      return { rule: 'limits.maxTags', text: `no more than ${limits.maxTags} go at a time` }
    case fates.maxBytes:
      return { rule: 'limits.maxBytes', text: `no more than ${limits.maxBytes} bytes go at a time` }
  }
}
