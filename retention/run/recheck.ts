import type { ItemFacts } from '../facts.ts'
import type { StoredItem } from '../state/types.ts'

/** Why an item is not to go though its plan says so, because it is no more as the plan saw it. Undefined when all is as it was. */
export function driftOf(planned: StoredItem, now: ItemFacts): string | undefined {
  const [guard] = now.guards
  if (now.digest !== planned.digest) return `leads to ${now.digest} by now`
  if (guard !== undefined) return guard.about
  if (now.pushedAt > planned.pushedAt) return 'was pushed again'
  if (isLater(now.pulledAt, planned.pulledAt)) return 'was pulled in the meantime'
  const signer = now.signedBy?.find((name) => !planned.signedBy.includes(name))
  if (signer !== undefined) return `was signed by ${signer} in the meantime`
  return now.signersUnknown && `may have been signed in the meantime: ${now.signersUnknown}`
}

function isLater(now: number | undefined, planned: number | undefined): boolean {
  return now !== undefined && (planned === undefined || now > planned)
}
