import { Command, CommanderError, type Option } from 'commander'
import { IbuildError } from '../../shared/base/errors.ts'
import { optionAdvice } from './docker-words.ts'

export type { Command } from 'commander'

/** What a command's own file gets: positional words and options by camel-case name. */
export interface Parsed<Options> {
  readonly words: readonly string[]
  readonly options: Options
}

/** Thrown after --help was printed: there is nothing left to do. */
export class HelpShown extends Error {}

/** A parser for one command with the options that every command has. The caller adds the command's own. */
export function createParser(name: string, summary: string): Command {
  return new Command(`ibuild ${name}`)
    .description(summary)
    .option('--root <dir>', 'data folder (default: IBUILD_ROOT, else /var/lib/ibuild or under XDG_DATA_HOME)')
    .helpOption('-h, --help', 'show this text')
    .showSuggestionAfterError(true)
    .configureHelp({ optionDescription })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
}

/** Values as one would type them; what a switch is without a word goes without saying. */
function optionDescription({ description, defaultValue }: Option): string {
  if (typeof defaultValue !== 'string' && typeof defaultValue !== 'number') return description
  return `${description} (default: ${defaultValue})`
}

/** What arguments of these names are in every command that says no more about them. */
const knownArguments: Readonly<Record<string, string>> = {
  image: 'name, ID or digest of an image',
  container: 'name of a container',
  object: 'name, digest or ID; see below',
  name: 'new name, in the form [host/]path[:tag]',
  command: 'program and its arguments, in place of the CMD of the image',
}

/** Parses the words after the command's name. Errors: USAGE. */
export function parseArguments<Options extends object>(parser: Command, argv: readonly string[]): Parsed<Options> {
  for (const argument of parser.registeredArguments) argument.description ||= knownArguments[argument.name()] ?? ''
  try {
    parser.parse([...argv], { from: 'user' })
  } catch (error) {
    throw translate(error, parser)
  }
  return { words: parser.args, options: parser.opts<Options>() }
}

function translate(error: unknown, parser: Command): unknown {
  if (!(error instanceof CommanderError)) return error
  if (error.exitCode === 0) return new HelpShown()
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const option = /^unknown option '([^'=]*)/.exec(message)?.[1] ?? ''
  return new IbuildError('USAGE', message, {
    hint:
      optionAdvice(parser.name().replace('ibuild ', ''), option) ??
      suggestion?.replace(/^\(|\)$/g, '') ??
      `See ${parser.name()} --help.`,
  })
}

/** For options that may be given several times. Before the first one of a `--no-` option the parser says true. */
export function collect(value: string, previous: readonly string[] | true | undefined): string[] {
  return [...(previous === undefined || previous === true ? [] : previous), value]
}
