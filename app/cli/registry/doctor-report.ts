import type { Check } from '../../../registry/doctor/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'

/** Prints checks as they are made, or all at the end as JSON. */
export interface DoctorReport {
  readonly check: (check: Check) => Promise<void>
  /** The exit code. */
  readonly end: () => Promise<number>
}

export function doctorReport(isJson: boolean): DoctorReport {
  const checks: Check[] = []
  return {
    check: async (check) => {
      checks.push(check)
      if (!isJson) await writeLines(linesOf(check))
    },
    end: async () => {
      if (isJson) await writeLines([jsonText(checks)])
      return checks.some(({ status }) => status === 'fail') ? 1 : 0
    },
  }
}

function linesOf({ name, status, message, mend }: Check): string[] {
  const [first = '', ...rest] = message.split('\n').map(sanitize)
  return [
    `${status.padEnd(5)}${name}: ${first}\n`,
    ...rest.map((line) => `     ${line}\n`),
    ...(mend === undefined || status === 'ok' ? [] : [`     ${sanitize(mend)}\n`]),
  ]
}
