import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { familiarName } from '../../shared/base/reference.ts'
import type { Reason, Refused, Subject } from './types.ts'

export function refused(code: ErrorCode, text: string, hint?: string): Refused {
  return { isAccepted: false, reasons: [{ code, text, hint }] }
}

/** The refusal that an error is. */
export function because({ code, message, hint }: IbuildError): Refused {
  return refused(code, message, hint)
}

/** The error that a refusal is; its code is that of the first reason. */
export function refusalError({ reasons }: Pick<Refused, 'reasons'>): IbuildError {
  const [first] = reasons
  if (first === undefined) throw new Error('a refusal without a reason')
  const texts = [...new Set(reasons.map(({ text }: Reason) => text))]
  const hint = reasons.find((reason) => reason.hint !== undefined)?.hint
  return new IbuildError(first.code, texts.join('; '), hint === undefined ? {} : { hint })
}

/** What is asked about, as people write it: `host/team/app:1`, `app@sha256:...`. */
export function nameOf({ name: { domain, path }, tag, digest }: Subject): string {
  const suffix = tag === undefined ? digest && { digest } : { tag }
  return familiarName({ domain, path, ...suffix })
}
