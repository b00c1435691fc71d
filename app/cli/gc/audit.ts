import type { AuditLine } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonLines } from '../json-text.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { fixedLine } from '../table.ts'
import { terminalWidth } from '../terminal-width.ts'
import { writePieces } from '../write-lines.ts'
import { aboutText } from './about-text.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { lookAtRetention } from './use-retention.ts'

interface Flags extends GcFlags {
  readonly after?: string
}

const help = `
The oldest comes first. Each line has the hash of the one before it in its own: what was changed
or removed is found while the log is read, and ends it with AUDIT_BROKEN. --json has all of a line.`

const widths = [6, 20, 8, 6]

/** `ibuild gc audit` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser(
    'audit',
    'Show who put policies in force, removed, gave back and purged',
    'print a line of JSON for each',
  )
    .option('--after <number>', 'only what comes after the line of this number')
    .addHelpText('after', help)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const after = numberOf(flags.after)
  await lookAtRetention(flags, async (service) => {
    const lines = service.audit({ after })
    await writePieces(flags.json === true ? jsonLines(lines) : tableLines(lines))
  })
  return 0
}

/** Errors: USAGE. */
function numberOf(text = '0'): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new IbuildError('USAGE', `--after: ${JSON.stringify(text.slice(0, 80))} is not the number of a line`)
}

async function* tableLines(lines: AsyncIterable<AuditLine>): AsyncGenerator<string> {
  yield rowText(['NUMBER', 'WHEN', 'BY', 'ACTION', 'ABOUT'])
  for await (const { number, at, by, action, about } of lines) {
    yield rowText([String(number), isoSeconds(at), sanitize(by), action, aboutText(about)])
  }
}

function rowText(cells: readonly string[]): string {
  return `${fixedLine(cells, widths, terminalWidth())}\n`
}
