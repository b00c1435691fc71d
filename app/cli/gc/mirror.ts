import type { RetentionStatus } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { shortID, tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { askServer, lookAtRetention } from './use-retention.ts'

interface Flags extends GcFlags {
  readonly now?: boolean
}

const help = `
Images under mirror of the policy are copied by a server that runs, when their tag leads to
something new: each at its time, or with --now. Exit code 1 when the last copy of one failed.`

/** `ibuild gc mirror [IMAGE]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('mirror', 'Show the images that are kept fresh, or look after them now', 'print a JSON array')
    .argument('[image]', 'only this one, as the policy has it')
    .option('--now', 'let the server look after them now, and wait for that')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [image] = words
  if (flags.now === true) await askServer(flags, async (service) => service.mirror.refreshNow(image))
  const all = (await lookAtRetention(flags, async (service) => service.status())).mirror
  const mirror = image === undefined ? all : all.filter((one) => one.image === image)
  if (image !== undefined && mirror.length === 0)
    throw new IbuildError('OBJECT_NOT_FOUND', `${image} is not kept fresh`, { hint: 'ibuild gc mirror shows what is.' })
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
