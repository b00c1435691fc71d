import type { PreviewLine, RetentionService } from '../../../retention/run/types.ts'
import { parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { jsonPieces } from '../json-text.ts'
import { terminalWidth } from '../terminal-width.ts'
import { writeAll, writePieces } from '../write-lines.ts'
import { decisionTable } from './decision-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { declarePlanFlags, type PlanFlags, planOptions } from './plan-options.ts'
import { nameOfFile, policyFile } from './policy-file.ts'
import { namingFile } from './problem-lines.ts'
import { totalsLines } from './totals-lines.ts'
import { lookAtRetention } from './use-retention.ts'

interface Flags extends GcFlags, PlanFlags {
  readonly all?: boolean
  readonly why?: boolean
  readonly trunc: boolean
}

const help = `
Without FILE the policy in force is taken. Nothing is changed, whatever its mode is: FILE may be a
policy that nobody saved. What stays is counted by its reasons; --all lists it, too.
AGE is since the tag was set, SIZE of all that it names. docs/gc.md tells what the reasons mean.`

/** `ibuild gc preview [FILE]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser(
    'preview',
    'Show what a policy would do now',
    'print a line of JSON for each decision, then one for totals',
  )
    .argument('[file]', 'policy to try (default: the one in force), - for stdin')
    .option('--all', 'list what stays as well')
    .option('--why', 'tell of each why, in words')
    .option('--no-trunc', 'print whole digests')
    .addHelpText('after', help)
  declarePlanFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const plan = planOptions(flags)
  const text = words[0] === undefined ? undefined : await policyFile(words[0])
  const work = async (service: RetentionService): Promise<void> =>
    interruptible(async (signal) => {
      const options = { text, plan, only: flags.all === true ? undefined : ('delete' as const), signal }
      if (flags.json === true) await writeAll(jsonPieces(service.previewText(options)))
      else await writePieces(tableText(service.preview(options), flags))
    })
  const name = words[0] === undefined ? 'the policy in force' : nameOfFile(words[0])
  await namingFile(name, async () => lookAtRetention(flags, work))
  return 0
}

async function* tableText(pages: AsyncIterable<readonly PreviewLine[]>, { why, trunc }: Flags): AsyncGenerator<string> {
  const table = decisionTable({ now: Date.now(), trunc, why: why === true, width: terminalWidth() })
  let isFirst = true
  for await (const page of pages) {
    let text = isFirst && page[0]?.kind === 'decision' ? table.heading : ''
    isFirst = false
    for (const line of page)
      text += line.kind === 'decision' ? table.line(line.decision) : totalsLines(line.totals).join('')
    yield text
  }
}
