import { type ReadPolicy, readPolicy } from '../read-policy.ts'
import type { Policy } from '../types.ts'

/** Expressions of five words, which is all that tests of this room need to know of cron. */
export function checkFiveWords(cron: string): string | undefined {
  return cron.split(' ').length === 5 ? undefined : 'has not five words'
}

/** Reads a text as the registry would, with the part of cron that tests need. */
export function read(text: string): ReadPolicy {
  return readPolicy(text, { checkCron: checkFiveWords, source: 'registry' })
}

/** The policy of a text without problems. */
export function policyIn(text: string): Policy {
  const found = read(text)
  if ('policy' in found) return found.policy
  throw new Error(JSON.stringify(found.problems))
}
