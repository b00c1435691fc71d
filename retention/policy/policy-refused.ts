import { IbuildError } from '../../shared/base/errors.ts'
import type { PolicyProblem } from './problem.ts'

const mostTold = 10

/** A policy is not taken; it says why, for each field. RETENTION_POLICY_INVALID. */
export class PolicyRefused extends IbuildError {
  readonly problems: readonly PolicyProblem[]

  constructor(problems: readonly PolicyProblem[]) {
    super('RETENTION_POLICY_INVALID', textOf(problems))
    this.problems = problems
  }
}

function textOf(problems: readonly PolicyProblem[]): string {
  const told = problems.slice(0, mostTold).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  const others = problems.length - told.length
  return [...told, ...(others > 0 ? [`and ${others} more`] : [])].join('; ')
}
