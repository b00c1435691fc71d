import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { registryCommands } from '../cli/registry/command-table.ts'
import { withHelp } from '../cli/usage-help.ts'

/** `ibuild registry COMMAND`: the registry of the data folder, and whoever serves it. */
export async function run(argv: readonly string[]): Promise<number> {
  const { word, rest } = split(argv)
  if (word === undefined || word === 'help' || word === '-h' || word === '--help') {
    const [about] = rest
    if (word === 'help' && about !== undefined) return run([about, '--help'])
    ;(word === undefined ? process.stderr : process.stdout).write(helpText())
    return word === undefined ? 2 : 0
  }
  const command = Object.hasOwn(registryCommands, word) ? registryCommands[word] : undefined
  if (command === undefined) throw noSuchCommand(word)
  try {
    return await (await command.load()).run(rest)
  } catch (error) {
    throw withHelp(error, `registry ${word}`)
  }
}

/** The command's name is the first word, also behind `--root DIR`. */
function split(argv: readonly string[]): { readonly word: string | undefined; readonly rest: readonly string[] } {
  const position = argv[0] === '--root' ? 2 : argv[0]?.startsWith('--root=') === true ? 1 : 0
  return { word: argv[position], rest: [...argv.slice(0, position), ...argv.slice(position + 1)] }
}

function noSuchCommand(word: string): IbuildError {
  const similar = suggest(word, Object.keys(registryCommands))
  return new IbuildError('USAGE', `there is no command ibuild registry ${JSON.stringify(word)}`, {
    hint: similar === undefined ? 'See ibuild registry --help.' : `Did you mean ibuild registry ${similar}?`,
  })
}

function helpText(): string {
  const width = Math.max(...Object.keys(registryCommands).map((name) => name.length))
  const rows = Object.entries(registryCommands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'Usage: ibuild registry COMMAND [options]',
    '',
    'The registry of the data folder: serves it, and asks whoever serves it.',
    '',
    'Commands:',
    ...rows,
    '',
    'Options:',
    '  --root <dir>  data folder (default: IBUILD_ROOT, else /var/lib/ibuild or under XDG_DATA_HOME)',
    '  -h, --help    show this text',
    '',
    'ibuild registry COMMAND --help tells more.',
    '',
  ].join('\n')
}
