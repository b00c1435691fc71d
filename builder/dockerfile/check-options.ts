import type { SourceLocation } from '../../shared/base/errors.ts'
import { quote, syntaxError } from './fail.ts'
import type { DockerfileWarning, LocalCheck } from './types.ts'

/** A `check` directive, or the BUILDKIT_DOCKERFILE_CHECK build argument that replaces it (docs/dockerfile.md D06). */
export interface CheckOptions {
  /** Rules that are not reported. */
  readonly skip: ReadonlySet<string> | 'all'
  /** Experimental rules that are reported. */
  readonly experimental: ReadonlySet<string> | 'all'
  /** Findings fail the build. */
  readonly error: boolean
}

/** Reads `skip=A,B;error=true;experimental=all`; what follows a space is not part of it. Else DOCKERFILE_SYNTAX. */
export function parseCheckOptions(text: string, location: SourceLocation): CheckOptions {
  let options: CheckOptions = { skip: new Set(), experimental: new Set(), error: false }
  const value = text.trim().split(' ', 1)[0] ?? ''
  if (value === '') return options
  for (const part of value.split(';')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    const content = part.slice(equals + 1)
    if (equals >= 0 && (name === 'skip' || name === 'experimental')) options = { ...options, [name]: rules(content) }
    else if (equals >= 0 && name === 'error') options = { ...options, error: parseBoolean(content, location) }
    else throw syntaxError(`invalid check option ${quote(part)}`, location, 'Options: skip=RULE,..., error=true|false.')
  }
  return options
}

function rules(text: string): CheckOptions['skip'] {
  return text === 'all' ? 'all' : new Set(text.split(',').map((rule) => rule.trim()))
}

function parseBoolean(text: string, location: SourceLocation): boolean {
  if (/^(?:1|t|true)$/i.test(text)) return true
  if (/^(?:0|f|false)$/i.test(text)) return false
  throw syntaxError(`failed to parse check option "error=${text.slice(0, 40)}": not a boolean`, location)
}

export interface CheckedWarnings {
  readonly warnings: readonly DockerfileWarning[]
  /** Names of the rules that fail the build, sorted; empty unless the options ask for errors. */
  readonly failing: readonly string[]
}

/**
 * The warnings that are to be shown: those of skipped rules are left out, everywhere (`options`) or at the one
 * instruction that a `# check=skip=RULE` comment stands above (`local`).
 */
export function applyCheck(
  warnings: readonly DockerfileWarning[],
  { options, local = [] }: { readonly options: CheckOptions; readonly local?: readonly LocalCheck[] | undefined },
): CheckedWarnings {
  const byLine = new Map(local.map((check) => [check.startLine, check.skip]))
  const shown = warnings.filter(({ rule, location }) => {
    const here = byLine.get(location.startLine)
    return !skips(options.skip, rule) && (here === undefined || !skips(here, rule))
  })
  const failing = options.error ? [...new Set(shown.map(({ rule }) => rule))].sort() : []
  return { warnings: shown, failing }
}

function skips(skip: CheckOptions['skip'], rule: string): boolean {
  return skip === 'all' || skip.has(rule)
}

/** The options of the first `check=...` comment above an instruction; one that does not parse is a plain comment. */
export function localCheckOptions(comments: readonly string[], location: SourceLocation): CheckOptions | undefined {
  const text = comments.flatMap((comment) => /^check\s*=\s*(\S.*)$/i.exec(comment)?.[1] ?? [])[0]
  if (text === undefined) return undefined
  try {
    return parseCheckOptions(text, location)
  } catch {
    return undefined
  }
}
