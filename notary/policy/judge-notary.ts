import { isIbuildError } from '../../shared/base/errors.ts'
import type { KeyID, TargetsRole } from '../tuf/types.ts'
import type { SignedTarget } from '../verifier/types.ts'
import { hasDigest, signedDigest } from './signed-digest.ts'
import type { CollectionEvidence, Evidence, NotaryRequirement, Reason, Subject, Verdict } from './types.ts'
import { because, nameOf, refused } from './verdict.ts'

/** Whether a trusted collection vouches for content, for the tag under which it is wanted, or for its digest alone. */
export function judgeNotary(requirement: NotaryRequirement, subject: Subject, evidence: Evidence): Verdict {
  if (subject.tag === undefined && requirement.digests === 'accept')
    return { isAccepted: true, size: undefined, by: [] }
  const found = evidence.notary(requirement)
  if (found === undefined) return refused('TRUST_NOT_SIGNED', `${nameOf(subject)}: no signatures were looked for`)
  if (found.failure !== undefined) return because(found.failure)
  const age = tooOld(requirement, found, { subject, now: evidence.now })
  if (age !== undefined) return { isAccepted: false, reasons: [age] }
  if (subject.tag === undefined) return judgeDigest(requirement, subject, found)
  const signed = signedUnder(requirement, subject.tag, found)
  if (signed === undefined) return notSigned(requirement, subject, found)
  if ('failure' in signed) return unusableRole(signed, subject)
  if (subject.digest !== undefined && !hasDigest(signed.target, subject.digest)) return otherContent(signed, subject)
  return judgeSigners(requirement, signed, { subject, found })
}

/** Undefined for what is fresh enough. */
function tooOld(
  { unreachable, maxAge }: NotaryRequirement,
  { isFresh, confirmedAt }: CollectionEvidence,
  { subject, now }: { readonly subject: Subject; readonly now: number },
): Reason | undefined {
  if (isFresh) return undefined
  const text = `${nameOf(subject)}: the trust server did not say whether what was signed is still so`
  if (unreachable === 'refuse') return { code: 'TRUST_UNREACHABLE', text }
  const age = now - confirmedAt
  if (maxAge === undefined || (age >= 0 && age <= maxAge)) return undefined
  const when = age >= 0 ? `${hoursOf(age)} ago` : 'at a time that is still to come'
  return { code: 'TRUST_STALE', text: `${text}; it last did ${when}, and the policy allows ${hoursOf(maxAge)}` }
}

function hoursOf(milliseconds: number): string {
  const hours = milliseconds / 3_600_000
  return hours < 1 ? `${Math.ceil(milliseconds / 60_000)} minutes` : `${Math.floor(hours)} hours`
}

interface UnusableRole {
  readonly role: TargetsRole
  readonly failure: Error
}

/**
 * What a tag means by the roles of a requirement: the first that has it. A role before it that is listed but not usable could have
 * had it, so nothing is taken from those behind. Undefined when nobody has it.
 */
export function signedUnder(
  { roles }: Pick<NotaryRequirement, 'roles'>,
  tag: string,
  { targets, unusable }: Pick<CollectionEvidence, 'targets' | 'unusable'>,
): SignedTarget | UnusableRole | undefined {
  for (const role of roles) {
    const found = targets.find((signed) => signed.role === role && signed.name === tag)
    if (found !== undefined) return found
    const failure = unusable.get(role)
    if (failure !== undefined) return { role, failure }
  }
  return undefined
}

/** Of a role that could have said what the tag means. */
function unusableRole({ role, failure }: UnusableRole, subject: Subject): Verdict {
  const [code, hint] = isIbuildError(failure) ? [failure.code, failure.hint] : ['TRUST_METADATA_INVALID' as const]
  return refused(code, `${nameOf(subject)} cannot be looked for in ${role}: ${failure.message}`, hint)
}

function notSigned(requirement: NotaryRequirement, subject: Subject, found: CollectionEvidence): Verdict {
  const { roles } = requirement
  const { tag, digest } = subject
  const elsewhere = found.targets.filter(({ name, role }) => name === tag && !roles.includes(role))
  const others = [...new Set(elsewhere.map(({ role }) => role))].join(', ')
  const beside = others === '' ? '' : `; ${others} signed it, which the policy does not ask`
  const alias = digest && found.targets.find(({ name, target }) => name !== tag && hasDigest(target, digest))
  const under = alias === undefined ? '' : `; its content is signed as ${JSON.stringify(alias.name)}, by ${alias.role}`
  return refused(
    'TRUST_NOT_SIGNED',
    `${nameOf(subject)} is not signed by ${roles.join(' or ')}${beside}${under}`,
    signHint(subject),
  )
}

function otherContent({ role, target }: SignedTarget, subject: Subject): Verdict {
  const text = `${nameOf(subject)} is ${subject.digest}, but ${role} signed ${signedDigest(target)} under that name`
  return refused('TRUST_CONTENT', text)
}

/** Content that is named by its digest must have been signed under some name. */
function judgeDigest(requirement: NotaryRequirement, subject: Subject, found: CollectionEvidence): Verdict {
  const { roles } = requirement
  const { digest } = subject
  const isAsked = ({ target }: SignedTarget): boolean => digest !== undefined && hasDigest(target, digest)
  const signed = roles.flatMap((role) => found.targets.filter((one) => one.role === role && isAsked(one)))
  const verdicts = signed.map((one) => judgeSigners(requirement, one, { subject, found }))
  const none = (): Verdict =>
    refused(
      'TRUST_NOT_SIGNED',
      `${nameOf(subject)} is not signed by ${roles.join(' or ')} under any name`,
      signHint(subject),
    )
  return verdicts.find(({ isAccepted }) => isAccepted) ?? verdicts[0] ?? none()
}

function signHint(subject: Subject): string {
  return `If it is to be trusted, whoever may sign does so with ibuild trust sign ${nameOf(subject)}.`
}

interface Signers {
  readonly subject: Subject
  readonly found: CollectionEvidence
}

function judgeSigners(requirement: NotaryRequirement, signed: SignedTarget, { subject, found }: Signers): Verdict {
  const { length } = signed.target
  if (subject.size !== undefined && subject.size !== length)
    return refused('TRUST_CONTENT', `${nameOf(subject)} has ${subject.size} bytes, but ${signed.role} signed ${length}`)
  const agreeing = found.targets.filter((other) => saysTheSame(signed, other))
  const roles = new Set(agreeing.map(({ role }) => role))
  const missing = requirement.alsoRoles.filter((role) => !roles.has(role))
  if (missing.length > 0)
    return refused('TRUST_SIGNERS', `${nameOf(subject)} is not signed by ${missing.join(', ')} as well`)
  const keys = countedKeys(requirement, agreeing)
  if (keys.length >= requirement.threshold) return { isAccepted: true, size: length, by: [...roles] }
  const some = `${keys.length} of the ${requirement.keys.size} keys that the policy names`
  return refused('TRUST_SIGNERS', `${nameOf(subject)} is signed by ${some}, and ${requirement.threshold} must have`)
}

function saysTheSame(one: SignedTarget, other: SignedTarget): boolean {
  const [target, same] = [one.target, other.target]
  return other.name === one.name && same.length === target.length && same.sha256.equals(target.sha256)
}

/** Keys of the policy that signed, each once. */
function countedKeys({ keys }: NotaryRequirement, agreeing: readonly SignedTarget[]): readonly KeyID[] {
  const signers = new Set(agreeing.flatMap((signed) => [...signed.keys]))
  return [...keys].filter((id) => signers.has(id))
}
