import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { nameOfFile, policyFile } from './policy-file.ts'
import { refusal, tellWarnings } from './problem-lines.ts'
import { lookAtRetention } from './use-retention.ts'

const help = `
All problems are told at once, with the line and the path of the key. On what is there now it is
also looked whether the rules would delete more than limits allow. Exit code 1 with a problem.`

/** `ibuild gc policy check FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser(
    'policy check',
    'Say what is wrong with a policy, and what looks like a mistake',
    'print a JSON object',
  )
    .argument('<file>', 'the policy, - for stdin')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<GcFlags>(parser, argv)
  const [file = ''] = words
  const text = await policyFile(file)
  const found = await lookAtRetention(flags, async ({ policies }) => policies.check(text))
  const { problems, warnings } = found
  if (flags.json === true) {
    await writeLines([jsonText(found)])
    return problems.length > 0 ? 1 : 0
  }
  if (problems.length > 0) throw refusal(problems, nameOfFile(file))
  tellWarnings(warnings, nameOfFile(file))
  await writeLines([`${nameOfFile(file)} can be put in force\n`])
  return 0
}
