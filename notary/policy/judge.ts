import { judgeNotary } from './judge-notary.ts'
import type { Accepted, CosignRequirement, Evidence, Reason, Requirement, Subject, Verdict } from './types.ts'
import { because, nameOf, refused } from './verdict.ts'

/** Whether content may be used under a name, by what is known of its signatures. What is not known counts as not signed. */
export function judge(requirement: Requirement, subject: Subject, evidence: Evidence): Verdict {
  switch (requirement.kind) {
    case 'acceptAnything':
      return { isAccepted: true, size: undefined, by: [] }
    case 'reject':
      return refused('TRUST_POLICY', `the policy lets no image in under ${nameOf(subject)}`)
    case 'notary':
      return judgeNotary(requirement, subject, evidence)
    case 'cosign':
      return judgeCosign(requirement, subject, evidence)
    case 'anyOf':
      return anyOf(requirement.of, subject, evidence)
    case 'allOf':
      return allOf(requirement.of, subject, evidence)
  }
}

function anyOf(parts: readonly Requirement[], subject: Subject, evidence: Evidence): Verdict {
  const reasons: Reason[] = []
  for (const part of parts) {
    const verdict = judge(part, subject, evidence)
    if (verdict.isAccepted) return verdict
    reasons.push(...verdict.reasons)
  }
  return { isAccepted: false, reasons }
}

function allOf(parts: readonly Requirement[], subject: Subject, evidence: Evidence): Verdict {
  const verdicts = parts.map((part) => judge(part, subject, evidence))
  const reasons = verdicts.flatMap((verdict) => (verdict.isAccepted ? [] : verdict.reasons))
  if (reasons.length > 0) return { isAccepted: false, reasons }
  const accepted = verdicts.filter((verdict): verdict is Accepted => verdict.isAccepted)
  const sizes = new Set(accepted.flatMap(({ size }) => size ?? []))
  if (sizes.size > 1)
    return refused('TRUST_CONTENT', `${nameOf(subject)}: ${subject.digest} was signed with different lengths`)
  return { isAccepted: true, size: [...sizes][0], by: accepted.flatMap(({ by }) => by) }
}

function judgeCosign(requirement: CosignRequirement, subject: Subject, evidence: Evidence): Verdict {
  const { keys, threshold } = requirement
  if (subject.digest === undefined)
    return refused('TRUST_NOT_SIGNED', `${nameOf(subject)}: there is no content that cosign could have signed`)
  const found = evidence.cosign(requirement)
  if (found?.failure !== undefined) return because(found.failure)
  const ids = new Set(keys.map(({ canonicalID }) => canonicalID))
  const signers = [...ids].filter((id) => found?.signers.has(id) === true)
  if (signers.length >= Math.max(1, threshold))
    return { isAccepted: true, size: undefined, by: signers.map((id) => `the cosign key ${id.slice(0, 12)}`) }
  const code = signers.length === 0 ? 'TRUST_NOT_SIGNED' : 'TRUST_SIGNERS'
  const some = `${signers.length} of the ${ids.size} cosign keys that the policy names signed ${subject.digest}`
  return refused(code, `${nameOf(subject)}: ${some}, and ${threshold} must have`)
}
