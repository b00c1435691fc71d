import { type FindingCode, findingCodes } from '../../../registry/fsck/finding-codes.ts'
import type { Finding, FsckProgress, FsckSummary } from '../../../registry/fsck/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { escapeControls } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'

/** Prints what a check finds, as it is found: there may be millions of it. */
export interface FsckReport {
  readonly finding: (finding: Finding) => Promise<void>
  readonly end: (summary: FsckSummary) => Promise<void>
}

export function fsckReport(isJson: boolean): FsckReport {
  return isJson ? jsonReport() : textReport()
}

/** One object, of which each finding is a line. */
function jsonReport(): FsckReport {
  let lead = '{"findings": [\n'
  return {
    finding: async (finding) => {
      await writeLines([`${lead}  ${escapeControls(JSON.stringify(finding))}`])
      lead = ',\n'
    },
    end: async (summary) => {
      const start = lead.startsWith('{') ? '{"findings": [' : '\n'
      await writeLines([`${start}], "summary": ${JSON.stringify(summary)}}\n`])
    },
  }
}

/** A line for each finding; what the codes mean stands once below all. */
function textReport(): FsckReport {
  const codes = new Set<FindingCode>()
  return {
    finding: async ({ code, subject, detail, isMended }) => {
      codes.add(code)
      const more = detail === undefined ? '' : `: ${detail}`
      await writeLines([`${isMended ? 'mended: ' : ''}${code}: ${sanitize(`${subject}${more}`)}\n`])
    },
    end: async (summary) => {
      await writeLines([...[...codes].toSorted().flatMap(legend), summaryLine(summary)])
    },
  }
}

function legend(code: FindingCode, i: number): string[] {
  const { severity, about, repair } = findingCodes[code]
  return [...(i === 0 ? ['\n'] : []), `${code} (${severity}): ${about}.\n  What --repair does: ${repair}.\n`]
}

function summaryLine(summary: FsckSummary): string {
  const counts = (['loss', 'disorder', 'leftover', 'note'] as const).flatMap((severity) => {
    const { found, left } = summary[severity]
    if (found === 0) return []
    return left === found ? [`${severity}: ${found}`] : [`${severity}: ${found}, of which ${left} left`]
  })
  return counts.length === 0 ? 'all is in order\n' : `\n${counts.join('; ')}\n`
}

/** Milliseconds between two lines. */
const pause = 5000

/** Tells how far a long check is, in a line now and then. */
export function fsckProgress(
  write: (line: string) => void,
  now: () => number = () => performance.now(),
): (progress: FsckProgress) => void {
  let toldAt = now()
  return ({ phase, done }) => {
    if (done % 64 !== 0 || now() - toldAt < pause) return
    toldAt = now()
    write(`checking ${phase}: ${done}\n`)
  }
}
