import { stillUnderWay, underWay } from '../shared/base/under-way.ts'
import { commands } from './cli/command-table.ts'
import { watchOutputs } from './cli/output-failure.ts'

/**
 * The `ibuild` command. `argv` are the words after the program's name. Resolves to the exit code: 0 done, 1 failed,
 * 2 wrong usage, 3 refused; `ibuild run` gives the container's own.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const outputs = watchOutputs()
  try {
    const code = await dispatch(argv)
    const failure = await outputs.failure()
    if (failure === undefined || code !== 0) return code
    return failure === 'closed' ? 1 : await reportFailure(failure)
  } catch (error) {
    // What fails because stdout takes no more is told as that; a reader that has gone need not be told.
    const failure = await outputs.failure()
    return failure === 'closed' ? 1 : reportFailure(failure ?? error)
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, second] = argv
  if (first === 'help' && second !== undefined) return helpOn(second)
  if (first === undefined || first === '--help' || first === '-h' || first === 'help')
    return printHelp(first !== undefined)
  if (first === '--version' || first === 'version') return printVersion(argv.slice(1))
  const found = findCommand(argv)
  const module = await underWay('the command is loaded', async () => commands[found.name]?.load())
  if (module === undefined) throw new Error(`command ${found.name} is not in the table`)
  try {
    return await underWay(found.name, async () => module.run(found.rest))
  } catch (error) {
    throw (await import('./cli/meant-command.ts')).withAdvice(error, found)
  }
}

/** What an `ibuild` that has nothing left to do was doing. */
export const unfinished = stillUnderWay

/** `ibuild help COMMAND` is `ibuild COMMAND --help`. */
async function helpOn(word: string): Promise<number> {
  if (Object.hasOwn(commands, word)) return dispatch([word, '--help'])
  const { noSuchCommand } = await import('./cli/meant-command.ts')
  throw noSuchCommand(word)
}

interface FoundCommand {
  readonly name: string
  readonly rest: readonly string[]
  /** The first word, when it is no command's name and so may be a misspelt one. */
  readonly word?: string
}

/** The command's name is the first word, also behind `--root DIR`; anything else is a build. */
function findCommand(argv: readonly string[]): FoundCommand {
  const position = argv[0] === '--root' ? 2 : argv[0]?.startsWith('--root=') === true ? 1 : 0
  const word = argv[position]
  if (word === undefined) return { name: 'build', rest: argv }
  if (!Object.hasOwn(commands, word)) return { name: 'build', rest: argv, word }
  return { name: word, rest: [...argv.slice(0, position), ...argv.slice(position + 1)] }
}

async function printHelp(asked: boolean): Promise<number> {
  const { helpText } = await import('./cli/help.ts')
  ;(asked ? process.stdout : process.stderr).write(helpText())
  return asked ? 0 : 2
}

async function printVersion(extra: readonly string[]): Promise<number> {
  if (extra.length > 0)
    throw new (await import('../shared/base/errors.ts')).IbuildError('USAGE', 'ibuild version: too many arguments')
  const { version } = await import('./cli/version.ts')
  process.stdout.write(`ibuild ${version()}\n`)
  return 0
}

async function reportFailure(error: unknown): Promise<number> {
  const { describeError, exitCodeOf } = await import('./cli/report-error.ts')
  const { HelpShown } = await import('./cli/arguments.ts')
  if (error instanceof HelpShown) return 0
  process.stderr.write(describeError(error))
  return exitCodeOf(error)
}
