import { flagNames } from '../flags.ts'
import type { Statement } from '../statement.ts'

/** ARG, STOPSIGNAL and HEALTHCHECK NONE have never refused flags (docs/dockerfile.md F03); they are named in a warning. */
export function warnIgnoredFlags(statement: Statement, name: string = statement.keyword): void {
  if (statement.flags.length === 0) return
  statement.warn('IgnoredFlag', `${name} takes no flags, ignored: ${flagNames(statement).join(' ')}`)
}
