import type { ErrorOptions } from '../../shared/base/errors.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import { type TrustCode, TrustRefusal } from './refusal.ts'
import type { StepName, VerificationStep } from './types.ts'

export interface JudgeOptions {
  readonly gun: Gun
  /** Milliseconds since the epoch; the clock is read once for a verification. */
  readonly now: number
  /** True for whoever signs what is over its time again; it is told all the same. */
  readonly acceptsExpired?: boolean | undefined
  readonly onStep?: ((step: VerificationStep) => void) | undefined
}

/** What one verification is about, and whom it tells what it saw. */
export class Judge {
  readonly gun: Gun
  readonly now: number
  readonly acceptsExpired: boolean
  readonly #onStep: (step: VerificationStep) => void

  constructor({ gun, now, acceptsExpired = false, onStep = () => undefined }: JudgeOptions) {
    this.gun = gun
    this.now = now
    this.acceptsExpired = acceptsExpired
    this.#onStep = onStep
  }

  /** A step that was in order. */
  pass(role: RoleName | 'target', step: StepName, detail: string): void {
    this.#onStep({ role, step, isOk: true, detail })
  }

  /** A step that was not; the error for it. */
  refusal(
    code: TrustCode,
    { role, step }: { readonly role: RoleName | 'target'; readonly step: StepName },
    problem: string,
    options: ErrorOptions = {},
  ): TrustRefusal {
    this.#onStep({ role, step, isOk: false, detail: problem })
    return new TrustRefusal(code, { gun: this.gun, role, step }, problem, options)
  }
}
