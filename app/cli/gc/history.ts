import type { Run } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { atMost } from './at-most.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { runText } from './run-lines.ts'
import { lookAtRetention } from './use-retention.ts'

interface Flags extends GcFlags {
  readonly limit?: string
}

/** `ibuild gc history` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('history', 'List runs, the newest first', 'print a JSON array').option(
    '--limit <count>',
    'so many at most, up to 1000 (default: 20)',
  )
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const limit = atMost(flags.limit, { standard: 20, most: 1000 })
  const runs = await lookAtRetention(flags, async (service) => service.runs(limit))
  await writeLines(flags.json === true ? [jsonText(runs)] : tableLines(rowsOf(runs)))
  return 0
}

function rowsOf(runs: readonly Run[]): string[][] {
  return [
    ['RUN', 'WHEN', 'BY', 'CAUSE', 'RESULT'],
    ...runs.map((run) => [run.id, isoSeconds(run.startedAt), sanitize(run.by), sanitize(run.cause), runText(run)]),
  ]
}
