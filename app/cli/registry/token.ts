import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly config?: string
  readonly revoke?: boolean
  readonly json?: boolean
}

const help = `
From then on another key signs tokens, on a running server at once. Those that were signed before
count as long as they last; with --revoke, for when others may have seen a key, they count no more,
nor do addresses of uploads: clients get new ones by themselves, and nobody has to log in anew.`

/** `ibuild registry token rotate [--revoke]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry token', 'Make another key that signs tokens of the registry')
    .argument('<what>', 'rotate')
    .option('--revoke', 'let nothing count that was signed before')
    .option('--config <file>', 'configuration, where no server runs (default: IBUILD_REGISTRY_CONFIG)')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  if (words[0] !== 'rotate') throw new IbuildError('USAGE', `token: ${JSON.stringify(words[0])} is not rotate`)
  const rotated = await useAdmin(flags, (admin) => admin.rotateTokenKeys(flags.revoke === true))
  const { key, earlier } = rotated
  const before =
    earlier === 0 ? 'nothing that was signed before counts' : 'what was signed before counts as long as it lasts'
  await writeLines([flags.json === true ? jsonText(rotated) : `the key ${key} signs now; ${before}\n`])
  return 0
}
