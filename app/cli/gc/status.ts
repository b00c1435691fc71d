import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { statusLines } from './status-lines.ts'
import { lookAtRetention } from './use-retention.ts'

/** `ibuild gc status` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('status', 'Show the policy, the last run, the next one and the trash', 'print a JSON object')
  const { options: flags } = parseArguments<GcFlags>(parser, argv)
  const status = await lookAtRetention(flags, async (service) => service.status())
  await writeLines(flags.json === true ? [jsonText(status)] : statusLines(status, Date.now()))
  return 0
}
