import type { Digest } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import type { ManifestRef } from '../protocol/names.ts'
import { failedCondition, type Precondition } from '../protocol/precondition.ts'

/** A condition of whoever changes something. */
export interface Condition extends Precondition {
  /** True when he may be told what is there now. */
  readonly mayTell: boolean
}

/** What a change is about, as it is now. */
export interface Conditioned {
  readonly name: string
  readonly ref: ManifestRef
  /** What the tag leads to, or the digest when there is such a manifest. */
  readonly now: Digest | undefined
  /** What is there after the change; undefined when it removes. */
  readonly after?: Digest | undefined
}

/**
 * Refuses a change whose condition does not hold: PRECONDITION_FAILED, which says what is there. What If-Match wanted changed
 * and is so already is done (RFC 9110, 13.1.1): else a client whose connection broke could not try again.
 */
export function requireCondition(condition: Condition | undefined, about: Conditioned): void {
  if (condition === undefined) return
  const failed = failedCondition(condition, about.now)
  if (failed === undefined) return
  const isDone = failed === 'If-Match' && about.after !== undefined && about.now === about.after
  if (isDone && failedCondition({ ifNoneMatch: condition.ifNoneMatch }, about.now) === undefined) return
  throw refusal(failed, about, condition.mayTell)
}

function refusal(failed: string, { name, ref, now }: Conditioned, mayTell: boolean): RegistryError {
  const what = 'tag' in ref ? `the tag ${ref.tag} of ${name}` : `the manifest ${ref.digest} of ${name}`
  const is = now === undefined ? 'is not there' : 'tag' in ref && mayTell ? `is ${now} now` : 'is another one now'
  const told = 'digest' in ref && now !== undefined ? 'is there' : is
  return new RegistryError('PRECONDITION_FAILED', `${what} ${told}: ${failed} does not hold, and nothing was changed`, {
    detail: { ...ref, ...(mayTell && { now: now ?? null }) },
    ...(mayTell && now !== undefined && { headers: { ETag: `"${now}"` } }),
  })
}
