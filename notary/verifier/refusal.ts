import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { type ErrorOptions, IbuildError } from '../../shared/base/errors.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import type { StepName } from './types.ts'

/** Codes of refusals. */
export type TrustCode = Extract<ErrorCode, `TRUST_${string}`>

/** Where in a verification it was refused. */
export interface RefusalPlace {
  readonly gun: Gun
  readonly role: RoleName | 'target'
  readonly step: StepName
}

/** A collection, or a name in it, that is not believed. The message names collection and role, the hint what to do next. */
export class TrustRefusal extends IbuildError {
  override readonly code: TrustCode
  readonly role: RoleName | 'target'
  readonly step: StepName

  constructor(code: TrustCode, { gun, role, step }: RefusalPlace, problem: string, options: ErrorOptions = {}) {
    super(code, `${gun}: ${role === 'target' ? '' : `${role}: `}${problem}`, options)
    this.code = code
    this.role = role
    this.step = step
  }
}
