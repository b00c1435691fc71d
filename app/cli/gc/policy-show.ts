import { type PolicyChange, policyChanges } from '../../../retention/policy/policy-changes.ts'
import { readPolicy } from '../../../retention/policy/read-policy.ts'
import type { Policy } from '../../../retention/policy/types.ts'
import type { PolicyVersion } from '../../../retention/run/types.ts'
import { checkCron } from '../../../retention/schedule/cron.ts'
import type { JsonValue } from '../../../shared/base/json.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { refusal } from './problem-lines.ts'
import { lookAtRetention } from './use-retention.ts'
import { versionNumber } from './version-number.ts'

interface Flags extends GcFlags {
  readonly diff?: string
}

const help = `
The text comes as it was written, so that it can be edited and set again. With --diff a line for
each key that has another value in VERSION than in the version that is shown: first what it was.`

/** `ibuild gc policy show [VERSION]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser(
    'policy show',
    'Show the policy in force, or an earlier version',
    'print a JSON object, or with --diff an array',
  )
    .argument('[version]', 'number of a version (default: the one in force)')
    .option('--diff <version>', 'show what came, went or changed since that version')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const version = words[0] === undefined ? undefined : versionNumber(words[0])
  const base = flags.diff === undefined ? undefined : versionNumber(flags.diff)
  const [shown, before] = await lookAtRetention(flags, async ({ policies }) => [
    await policies.show(version),
    base === undefined ? undefined : await policies.show(base),
  ])
  await writeLines(before === undefined ? textLines(shown, flags) : diffLines(before, shown, flags))
  return 0
}

function textLines(shown: PolicyVersion, { json }: Flags): string[] {
  if (json === true) return [jsonText(shown)]
  const { text } = shown
  if (!process.stdout.isTTY) return [text]
  return [`${text.replace(/\n$/, '').split('\n').map(sanitize).join('\n')}\n`]
}

function diffLines(before: PolicyVersion, shown: PolicyVersion, { json }: Flags): string[] {
  const changes = policyChanges(policyOf(before), policyOf(shown))
  if (json === true) return [jsonText(changes)]
  return changes.length === 0 ? ['they mean the same\n'] : changes.flatMap(changeLines)
}

function changeLines({ path, before, after }: PolicyChange): string[] {
  const line = (sign: string, value: JsonValue | undefined): string[] =>
    value === undefined ? [] : [`${sign} ${sanitize(`${path}: ${JSON.stringify(value)}`)}\n`]
  return [...line('-', before), ...line('+', after)]
}

/** A version that was in force once; one that is no longer understood says so. */
function policyOf({ version, text }: PolicyVersion): Policy {
  const read = readPolicy(text, { checkCron })
  if ('policy' in read) return read.policy
  throw refusal(read.problems, `version ${version}`)
}
