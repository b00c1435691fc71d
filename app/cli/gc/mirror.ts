import type { RetentionStatus } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { shortID, tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { lookAtRetention } from './use-retention.ts'

const help = `
Images under mirror of the policy are copied by a server that runs, when their tag leads to
something new. Exit code 1 when the last copy of one failed.`

/** `ibuild gc mirror` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('mirror', 'Show the images that are kept fresh', 'print a JSON array').addHelpText(
    'after',
    help,
  )
  const { options: flags } = parseArguments<GcFlags>(parser, argv)
  const { mirror } = await lookAtRetention(flags, async (service) => service.status())
  await writeLines(flags.json === true ? [jsonText(mirror)] : tableLines(rowsOf(mirror)))
  return mirror.some(({ error }) => error !== undefined) ? 1 : 0
}

function rowsOf(mirror: RetentionStatus['mirror']): string[][] {
  return [
    ['IMAGE', 'LAST', 'DIGEST', 'STATE'],
    ...mirror.map(({ image, lastAt, digest, error }) => [
      sanitize(image),
      lastAt === undefined ? 'not yet' : isoSeconds(lastAt),
      digest === undefined ? '-' : shortID(digest),
      error === undefined ? (lastAt === undefined ? 'waits' : 'ok') : sanitize(error),
    ]),
  ]
}
