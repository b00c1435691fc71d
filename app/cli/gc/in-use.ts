import type { InUseReport } from '../../../retention/http/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { age, BadValue } from '../../../shared/config/kinds.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { ago, inTime } from '../periods.ts'
import { tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { askServer } from './use-retention.ts'

interface Flags extends GcFlags {
  readonly for?: string
}

const help = `
Whoever runs images says which: by the digest of the manifest, or by the ID of the image as a
Docker daemon has it. They stay as long as that counts. A report takes the place of what the same
reporter said before. From a machine that runs containers, now and then:
  docker ps -q | xargs docker inspect -f '{{.Image}}' |
    xargs ibuild gc in-use node1 --server https://registry.example.org`

/** `ibuild gc in-use [REPORTER DIGEST...]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser(
    'in-use',
    'Say what runs, so that it stays, or list who said so',
    'print JSON: the report, or an array',
  )
    .argument('[reporter]', 'who says it: the name of a cluster or a machine (default: list all)')
    .argument('[digest...]', 'what it runs')
    .option('--for <time>', 'how long that counts, such as 12h, a week at most (default: 48h)')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [reporter, ...digests] = words
  if (reporter === undefined) return list(flags)
  const until = Date.now() + timeOf(flags.for)
  if (digests.length === 0) throw new IbuildError('USAGE', `in-use: which images does ${reporter} run?`)
  const said = { digests: [...new Set(digests)], until }
  await askServer(flags, async ({ inUse }) => inUse.report(reporter, said))
  const text = `${said.digests.length} said to be in use, ${inTime(until, Date.now())} no more\n`
  await writeLines([flags.json === true ? jsonText({ reporter, ...said }) : text])
  return 0
}

async function list(flags: Flags): Promise<number> {
  if (flags.for !== undefined) throw new IbuildError('USAGE', '--for goes with a report')
  const found = await askServer(flags, async ({ inUse }) => inUse.list())
  await writeLines(flags.json === true ? [jsonText(found)] : tableLines(rowsOf(found, Date.now())))
  return 0
}

/** Milliseconds. Errors: USAGE. */
function timeOf(text = '48h'): number {
  try {
    return age.read(text)
  } catch (error) {
    if (error instanceof BadValue) throw new IbuildError('USAGE', `--for: ${error.message}`)
    throw error
  }
}

function rowsOf(reports: readonly InUseReport[], now: number): string[][] {
  return [
    ['REPORTER', 'SAID', 'COUNTS NO MORE', 'IMAGES'],
    ...reports.map(({ reporter, at, until, digests }) => [
      sanitize(reporter),
      ago(at, now),
      inTime(until, now),
      String(digests.length),
    ]),
  ]
}
