import type { SourceLocation } from '../../shared/base/errors.ts'
import { parseCheckOptions } from './check-options.ts'
import { quote, syntaxError } from './fail.ts'
import { checkFrontend, detectForeignSyntax } from './frontend.ts'
import { type LineReader, trimNewline } from './lines.ts'
import type { Directives, DockerfileWarning } from './types.ts'
import { type EscapeCharacter, trimStart } from './words.ts'

export interface DirectiveZone {
  readonly directives: Directives
  readonly escape: EscapeCharacter
  readonly warnings: readonly DockerfileWarning[]
}

const names: ReadonlySet<string> = new Set(['syntax', 'escape', 'check'])

/**
 * Reads the parser directives at the start of the file (docs/dockerfile.md 1.2); the reader then stands at the first other
 * line. A `#!` line is skipped, and after one `escape` has no effect. Foreign frontends are NOT_SUPPORTED.
 */
export function readDirectives(reader: LineReader, file: string): DirectiveZone {
  const found = new Map<string, { value: string; location: SourceLocation }>()
  const shebang = skipShebang(reader)
  for (let raw = reader.next(); raw !== undefined; raw = reader.next()) {
    const directive = parseDirective(raw)
    if (directive === undefined) {
      reader.unread(raw)
      break
    }
    const { name, value } = directive
    const location = { file, startLine: reader.line, endLine: reader.line, text: trimNewline(raw) }
    if (found.has(name)) throw syntaxError(`only one ${name} parser directive can be used`, location)
    found.set(name, { value, location })
  }
  return understand(found, { shebang, foreign: detectForeignSyntax(reader.text), file })
}

function skipShebang(reader: LineReader): boolean {
  const first = reader.next()
  if (first?.startsWith('#!') === true) return true
  if (first !== undefined) reader.unread(first)
  return false
}

/** `# name = value` with a known name; the name's case does not matter. */
function parseDirective(raw: string): { name: string; value: string } | undefined {
  const line = trimStart(trimNewline(raw))
  if (!line.startsWith('#')) return undefined
  const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)\s*=\s*([^]+)$/.exec(trimStart(line.slice(1))) ?? []
  if (name === undefined || value === undefined || !names.has(name.toLowerCase())) return undefined
  return { name: name.toLowerCase(), value: value.trimEnd() || value }
}

function understand(
  found: ReadonlyMap<string, { value: string; location: SourceLocation }>,
  {
    shebang,
    foreign,
    file,
  }: { readonly shebang: boolean; readonly foreign: string | undefined; readonly file: string },
): DirectiveZone {
  const syntax = found.get('syntax')
  const check = found.get('check')
  const escape = found.get('escape')
  if (syntax !== undefined) checkFrontend(syntax.value, syntax.location)
  else if (foreign !== undefined) checkFrontend(foreign, { file, startLine: 1, endLine: 1, text: '' })
  if (check !== undefined) parseCheckOptions(check.value, check.location)
  const honoured = escape !== undefined && !shebang
  return {
    directives: {
      ...(syntax === undefined ? {} : { syntax: syntax.value }),
      ...(check === undefined ? {} : { check: check.value }),
    },
    escape: honoured ? escapeCharacter(escape.value, escape.location) : '\\',
    warnings: escape === undefined || honoured ? [] : [ignoredEscape(escape.location)],
  }
}

function escapeCharacter(value: string, location: SourceLocation): EscapeCharacter {
  if (value === '\\' || value === '`') return value
  throw syntaxError(`invalid escape token ${quote(value)} does not match \` or \\`, location)
}

function ignoredEscape(location: SourceLocation): DockerfileWarning {
  return { rule: 'IgnoredDirective', message: 'An escape directive after a #! line has no effect', location }
}
