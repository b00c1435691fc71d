import { importSherdock } from '../../../retention/policy/sherdock.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { writeLines } from '../write-lines.ts'
import { nameOfFile, policyFile } from './policy-file.ts'
import { refusal } from './problem-lines.ts'

const help = `
The policy goes to stdout, with comments on what came from where; its mode is dryRun. It removes
what Sherdock would have removed. What Sherdock took for "delete" though nobody meant it, such as
a pattern that is none, is refused.
  ibuild gc policy import-sherdock config.yml > policy.yml
  ibuild gc preview --source docker policy.yml`

/** `ibuild gc policy import-sherdock FILE` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('gc policy import-sherdock', 'Write the policy of a config.yml of Sherdock')
    .argument('<file>', 'config.yml of Sherdock, - for stdin')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words } = parseArguments(parser, argv)
  const [file = ''] = words
  const imported = importSherdock(await policyFile(file))
  if ('problems' in imported) throw refusal(imported.problems, nameOfFile(file))
  await writeLines([imported.text])
  return 0
}
