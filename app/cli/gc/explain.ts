import type { Explanation } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { inTime, period } from '../periods.ts'
import { isoSeconds } from '../registry/time-text.ts'
import { formatSize } from '../sizes.ts'
import { tableLines } from '../table.ts'
import { terminalWidth } from '../terminal-width.ts'
import { writeLines } from '../write-lines.ts'
import { fact } from './fact.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { itemText } from './item-text.ts'
import { lookAtRetention } from './use-retention.ts'

const help = `
WHAT is REPOSITORY:TAG, REPOSITORY@DIGEST of a manifest without a tag, "volume NAME" of a Docker
daemon, or "cache ID" of the build cache. By the policy in force; what is said first is stronger.`

/** `ibuild gc explain WHAT` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('explain', 'Show why something stays or goes', 'print a JSON object')
    .argument('<what>', 'what is asked about; see below')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<GcFlags>(parser, argv)
  const [what = ''] = words
  const found = await lookAtRetention(flags, async (service) => service.explain(what))
  await writeLines(flags.json === true ? [jsonText(found)] : linesOf(found, Date.now()))
  return 0
}

function linesOf({ decision, rules, changesAt }: Explanation, now: number): string[] {
  const { item, verdict, reason, rule, about } = decision
  const by = rule === undefined ? '' : `, by ${rule}`
  return [
    `${itemText(item, { trunc: false })}\n`,
    fact('verdict', `${verdict} (${reason}${by})`),
    fact('why', sanitize(about)),
    fact('digest', item.digest),
    fact('size', formatSize(item.size)),
    fact('pushed', `${isoSeconds(item.pushedAt)}, ${period(Math.max(0, now - item.pushedAt))} ago`),
    fact('pulled', item.pulledAt === undefined ? 'never, as far as is known' : isoSeconds(item.pulledAt)),
    fact(
      'changes',
      changesAt === undefined ? 'not by time alone' : `${isoSeconds(changesAt)}, ${inTime(changesAt, now)}`,
    ),
    ...(rules.length === 0 ? [] : ['\n', ...tableLines(ruleRows(rules), { flexible: 2, width: terminalWidth() })]),
  ]
}

function ruleRows(rules: Explanation['rules']): string[][] {
  return [
    ['HOLDS', 'RULE', 'WHAT IT SAYS'],
    ...rules.map(({ rule, holds, about }) => [holds ? 'yes' : 'no', sanitize(rule), sanitize(about)]),
  ]
}
