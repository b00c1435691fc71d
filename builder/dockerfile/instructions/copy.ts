import { notSupported, quote, syntaxError } from '../fail.ts'
import { type Flags, parseFlags } from '../flags.ts'
import { isFileName, parseHeredocWord } from '../heredoc.ts'
import { parseJsonArray } from '../json-array.ts'
import { checkSources } from '../sources.ts'
import type { Statement } from '../statement.ts'
import type { CopyInstruction, Heredoc } from '../types.ts'
import { splitBlank } from '../words.ts'
import { withoutRaw } from './command.ts'

const common = { chown: 'string', chmod: 'string', link: 'bool', exclude: 'list' } as const

/** COPY [--from --chown --chmod] source... destination, in words or as a JSON array. */
export function parseCopy(statement: Statement): CopyInstruction {
  const { location } = statement
  const words = parsePaths(statement, 'COPY')
  const flags = parseFlags(statement, { ...common, from: 'string', parents: 'bool' })
  refuseCommon(flags, statement, 'COPY')
  if (flags.bool('parents') === true) throw notSupported('COPY --parents', location)
  const from = flags.text('from')
  if (from?.includes('$') === true) {
    throw syntaxError(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
      location,
    )
  }
  return finish(statement, 'COPY', { ...words, flags, from: from === '' ? undefined : from, unpack: undefined })
}

/** ADD [--chown --chmod --unpack] source... destination. */
export function parseAdd(statement: Statement): CopyInstruction {
  const { location } = statement
  const words = parsePaths(statement, 'ADD')
  const flags = parseFlags(statement, { ...common, 'keep-git-dir': 'bool', checksum: 'string', unpack: 'bool' })
  refuseCommon(flags, statement, 'ADD')
  if (flags.bool('keep-git-dir') === true) throw notSupported('ADD --keep-git-dir', location)
  if (flags.text('checksum') !== undefined) throw notSupported('ADD --checksum', location)
  return finish(statement, 'ADD', { ...words, flags, from: undefined, unpack: flags.bool('unpack') })
}

function refuseCommon(flags: Flags, { location }: Statement, kind: 'COPY' | 'ADD'): void {
  if (flags.bool('link') === true) throw notSupported(`${kind} --link`, location)
  if (flags.list('exclude').length > 0) throw notSupported(`${kind} --exclude`, location)
}

interface Paths {
  readonly sources: readonly string[]
  readonly heredocs: readonly Heredoc[]
  readonly destination: string
}

function finish(
  { location, source }: Statement,
  kind: 'COPY' | 'ADD',
  {
    sources,
    heredocs,
    destination,
    flags,
    from,
    unpack,
  }: Paths & Pick<CopyInstruction, 'from' | 'unpack'> & { readonly flags: Flags },
): CopyInstruction {
  checkSources(kind, sources, location)
  const chown = flags.text('chown')
  const chmod = flags.text('chmod')
  return { kind, location, source, sources, heredocs, destination, from, chown, chmod, unpack }
}

function parsePaths(statement: Statement, kind: 'COPY' | 'ADD'): Paths {
  const { args, location } = statement
  const json = parseJsonArray(args, location)
  const words = json ?? splitBlank(args)
  const destination = words.at(-1)
  if (words.length < 2 || destination === undefined) throw tooFewPaths(kind, words.length, location)
  if (json !== undefined) return { sources: words.slice(0, -1), heredocs: [], destination }
  if (parseHeredocWord(destination) !== undefined) {
    throw syntaxError(`${kind} cannot accept a heredoc as a destination`, location)
  }
  const sources = words.slice(0, -1).filter((word) => parseHeredocWord(word) === undefined)
  return { sources, destination, heredocs: takeHeredocs(statement, kind, words.length - 1 - sources.length) }
}

function tooFewPaths(kind: string, count: number, location: Statement['location']): Error {
  const given = count === 0 ? 'none was provided' : 'only one was provided'
  const message = `${kind} requires at least two arguments, but ${given}. Destination could not be determined`
  return syntaxError(message, location)
}

/** The line's heredocs; each must stand alone as a source, under a name that a file can have. */
function takeHeredocs({ heredocs, location }: Statement, kind: string, announced: number): Heredoc[] {
  if (heredocs.length !== announced) {
    const hint = `Write it as ${kind} <<name destination, without spaces in <<name.`
    throw syntaxError(`a heredoc of ${kind} must be a word of its own`, location, hint)
  }
  const bad = heredocs.find(({ name }) => !isFileName(name))
  if (bad !== undefined) throw syntaxError(`heredoc name ${quote(bad.name)} cannot be a file name`, location)
  return heredocs.map(withoutRaw)
}
