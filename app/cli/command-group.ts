import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { CommandModule } from './command-module.ts'
import { withHelp } from './usage-help.ts'

/** Commands by name, each loaded only when it is asked for. */
export type CommandTable = Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<CommandModule> }>
>

export interface CommandGroup {
  /** What comes after `ibuild`. */
  readonly name: string
  /** What the commands are about, one sentence. */
  readonly about: string
  readonly commands: CommandTable
}

/** Runs the command of a group that the first word names, or shows what there is. Errors: USAGE and those of the command. */
export async function runGroup(group: CommandGroup, argv: readonly string[]): Promise<number> {
  const { name, commands } = group
  const { word, rest } = split(argv)
  if (word === undefined || word === 'help' || word === '-h' || word === '--help') {
    if (word === 'help' && rest.length > 0) return runGroup(group, [...rest, '--help'])
    ;(word === undefined ? process.stderr : process.stdout).write(helpText(group))
    return word === undefined ? 2 : 0
  }
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined
  if (command === undefined) throw noSuchCommand(group, word)
  try {
    return await (await command.load()).run(rest)
  } catch (error) {
    throw withHelp(error, `${name} ${word}`)
  }
}

/** The command's name is the first word, also behind `--root DIR`. */
function split(argv: readonly string[]): { readonly word: string | undefined; readonly rest: readonly string[] } {
  const position = argv[0] === '--root' ? 2 : argv[0]?.startsWith('--root=') === true ? 1 : 0
  return { word: argv[position], rest: [...argv.slice(0, position), ...argv.slice(position + 1)] }
}

function noSuchCommand({ name, commands }: CommandGroup, word: string): IbuildError {
  const similar = suggest(word, Object.keys(commands))
  return new IbuildError('USAGE', `there is no command ibuild ${name} ${JSON.stringify(word)}`, {
    hint: similar === undefined ? `See ibuild ${name} --help.` : `Did you mean ibuild ${name} ${similar}?`,
  })
}

function helpText({ name, about, commands }: CommandGroup): string {
  const width = Math.max(...Object.keys(commands).map((word) => word.length))
  const rows = Object.entries(commands).map(([word, { summary }]) => `  ${word.padEnd(width)}  ${summary}`)
  return [
    `Usage: ibuild ${name} COMMAND [options]`,
    '',
    about,
    '',
    'Commands:',
    ...rows,
    '',
    'Options:',
    '  --root <dir>  data folder (default: IBUILD_ROOT, else /var/lib/ibuild or under XDG_DATA_HOME)',
    '  -h, --help    show this text',
    '',
    `ibuild ${name} COMMAND --help tells more.`,
    '',
  ].join('\n')
}
