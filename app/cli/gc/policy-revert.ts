import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'
import { versionNumber } from './version-number.ts'

/** `ibuild gc policy revert [VERSION]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('policy revert', 'Put an earlier version of the policy in force again', 'print a JSON object')
    .argument('[version]', 'number of a version (default: the one before the one in force)')
    .addHelpText('after', '\nIt becomes a new version. What was removed meanwhile comes back by ibuild gc undo.')
  const { words, options: flags } = parseArguments<GcFlags>(parser, argv)
  const version = words[0] === undefined ? undefined : versionNumber(words[0])
  const now = await useRetention(flags, async ({ policies }) => policies.revert(version, userName()))
  const text = `version ${now.version} of the policy is in force; it is version ${now.restores ?? '?'} again\n`
  await writeLines([flags.json === true ? jsonText(now) : text])
  return 0
}
