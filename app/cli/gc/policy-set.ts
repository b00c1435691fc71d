import { readPolicy } from '../../../retention/policy/read-policy.ts'
import type { PolicyVersion, RetentionService } from '../../../retention/run/types.ts'
import { checkCron } from '../../../retention/schedule/cron.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser, sourceOf } from './flags.ts'
import { nameOfFile, policyFile } from './policy-file.ts'
import { namingFile, tellWarnings } from './problem-lines.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'

const help = `
One that is wrong is refused with each of its problems, as is one whose rules would, on what is
there now, delete more than its own limits allow: then the policy before stays in force. Try it
with ibuild gc preview FILE first.`

/** `ibuild gc policy set FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('policy set', 'Put a policy in force', 'print a JSON object')
    .argument('<file>', 'the policy, - for stdin')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<GcFlags>(parser, argv)
  const [file = ''] = words
  const text = await policyFile(file)
  const set = async ({ policies }: RetentionService): Promise<Record<'before' | 'now', PolicyVersion>> => ({
    before: await policies.show(),
    now: await policies.set(text, userName()),
  })
  const { before, now } = await namingFile(nameOfFile(file), async () => useRetention(flags, set))
  const { warnings } = readPolicy(text, { checkCron, source: sourceOf(flags) })
  tellWarnings(warnings, nameOfFile(file))
  const said = before.version === now.version ? 'was in force already' : 'is in force'
  await writeLines([flags.json === true ? jsonText(now) : `version ${now.version} of the policy ${said}\n`])
  return 0
}
