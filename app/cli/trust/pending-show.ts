import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { stateOf } from './carry-out.ts'
import { noKeys, readPendingFile, workOn } from './pending-work.ts'
import { declareTrustFlags, type TrustFlags, useTrust } from './use-trust.ts'

interface Flags extends TrustFlags {
  readonly json?: boolean
}

/** `ibuild trust pending show FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust pending show', 'Show what a file would change, and whose signatures it lacks')
    .argument('<file>', 'what --pending wrote')
    .option('--json', 'print a JSON object')
    .allowExcessArguments(false)
  declareTrustFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [file = ''] = words
  const pending = readPendingFile(file)
  const { difference, sealed } = await useTrust(flags, pending.gun, async (session) => workOn(session, pending, noKeys))
  const { missing } = sealed
  await writeLines(
    flags.json === true
      ? [jsonText({ gun: pending.gun, changes: difference, missing })]
      : [`${pending.gun}\n`, ...difference.map((line) => `  ${line}\n`), `${stateOf(sealed, file)}\n`],
  )
  return 0
}
