import { PolicyRefused } from '../../../retention/policy/policy-refused.ts'
import type { PolicyProblem } from '../../../retention/policy/problem.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'

/** `policy.yml:7: policies[0].tags.keep[1]: ...` */
function problemLine({ path, message, line }: PolicyProblem, file: string): string {
  const place = line === undefined ? file : `${file}:${line}`
  return sanitize(path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`)
}

/** Warnings, on stderr. */
export function tellWarnings(warnings: readonly PolicyProblem[], file: string): void {
  for (const warning of warnings) process.stderr.write(`warning: ${problemLine(warning, file)}\n`)
}

/** Does work with the policy of a file; when it is refused, each problem is told with the file and the line. */
export async function namingFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof PolicyRefused ? refusal(error.problems, file) : error
  }
}

/** The error of a policy that has problems: a line for each. */
export function refusal(problems: readonly PolicyProblem[], file: string): IbuildError {
  const lines = problems.map((problem) => problemLine(problem, file))
  return new IbuildError('RETENTION_POLICY_INVALID', lines.join('\n'))
}
