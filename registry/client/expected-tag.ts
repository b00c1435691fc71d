import { IbuildError } from '../../shared/base/errors.ts'
import type { TargetPlace } from './images/types.ts'
import type { CallOptions, ExpectedTag } from './types.ts'

/** Headers by which a registry holds the tag against it, in the same moment in which it sets it (RFC 9110, 13.1). */
export function conditionHeaders(expected: ExpectedTag | undefined): Readonly<Record<string, string>> {
  if (expected === undefined) return {}
  return expected === 'absent' ? { 'if-none-match': '*' } : { 'if-match': `"${expected}"` }
}

/** Asks before anything is sent. Errors: TAG_CHANGED. */
export async function requireExpectedTag(
  { repository, ref }: Pick<TargetPlace, 'ref'> & { readonly repository: Pick<TargetPlace['repository'], 'resolve'> },
  expected: ExpectedTag | undefined,
  { signal }: CallOptions = {},
): Promise<void> {
  if (expected === undefined) return
  const now = (await repository.resolve(ref, { signal, current: true }))?.digest
  if (now === (expected === 'absent' ? undefined : expected)) return
  const is = now === undefined ? 'is not there' : `is ${now}`
  const wanted = expected === 'absent' ? 'new' : expected
  throw new IbuildError('TAG_CHANGED', `the tag ${ref} ${is}, and should be ${wanted}: nothing was sent`)
}
