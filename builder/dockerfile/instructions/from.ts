import type { SourceLocation } from '../../../shared/base/errors.ts'
import { quote, syntaxError } from '../fail.ts'
import { parseFlags } from '../flags.ts'
import type { Statement } from '../statement.ts'
import { splitBlank } from '../words.ts'

export interface FromLine {
  /** Lower case. */
  readonly name: string | undefined
  readonly base: string
  readonly platform: string | undefined
  readonly location: SourceLocation
}

/** FROM [--platform=P] image [AS name]. */
export function parseFrom(statement: Statement): FromLine {
  const { args, location } = statement
  const words = splitBlank(args)
  const [base, as, written] = words
  const named = words.length === 3 && as !== undefined && as.toLowerCase() === 'as'
  if (base === undefined || (words.length !== 1 && !named)) {
    throw syntaxError('FROM requires either one or three arguments', location, 'FROM image, or FROM image AS name.')
  }
  const name = named && written !== undefined ? stageName(written, location) : undefined
  const platform = parseFlags(statement, { platform: 'string' }).text('platform')
  if (named && written !== undefined) warnCasing(statement, { as, written })
  return { name, base, platform: platform === '' ? undefined : platform, location }
}

function stageName(written: string, location: SourceLocation): string {
  const name = written.toLowerCase()
  if (/^[a-z][a-z0-9._-]*$/.test(name)) return name
  throw syntaxError(
    `invalid name for build stage: ${quote(written)}, name can't start with a number or contain symbols`,
    location,
  )
}

function warnCasing(statement: Statement, { as, written }: { readonly as: string; readonly written: string }): void {
  const { written: from, keyword, warn } = statement
  if (written !== written.toLowerCase()) warn('StageNameCasing', `Stage name '${written}' should be lowercase`)
  const mixed = from !== keyword && from !== from.toLowerCase()
  const wanted = from === keyword ? as.toUpperCase() : as.toLowerCase()
  if (!mixed && as !== wanted) warn('FromAsCasing', `'${as}' and '${from}' keywords' casing do not match`)
}
