import { bytesOf, textOf } from './byte-text.ts'
import { goMatch } from './go-match.ts'
import { compileIgnoreRegexp } from './ignore-regexp.ts'

/** Whether a path (latin1 bytes, no leading slash) fits a pattern; parents are not looked at. */
export type PathTest = (path: string) => boolean

/**
 * Compiles a cleaned pattern without its `!` as moby's matcher reads it: text without special characters is compared,
 * a leading or trailing `**` compares an end, all else is a regular expression. Throws for a malformed pattern.
 */
export function compileIgnorePattern(pattern: string): PathTest {
  const bytes = bytesOf(pattern)
  goMatch(bytes, '.')
  const { kind, expression } = translate(pattern)
  if (kind === 'exact') return (path) => path === bytes
  if (kind === 'prefix') return startsWith(bytes.slice(0, -2))
  if (kind === 'suffix') return endsWith(bytes.slice(2))
  const regexp = compileIgnoreRegexp(`^${expression}$`)
  return (path) => regexp.test(textOf(path))
}

function startsWith(prefix: string): PathTest {
  return (path) => path.startsWith(prefix)
}

/** `**` before a slash also stands for no directory at all. */
function endsWith(suffix: string): PathTest {
  const whole = suffix.startsWith('/') ? suffix.slice(1) : undefined
  return (path) => path.endsWith(suffix) || path === whole
}

type Kind = 'exact' | 'prefix' | 'suffix' | 'regexp'

/**
 * Pattern to expression, character by character, classes included: `*` in a class means what its translation means
 * there. `{`, `|` and `}` keep their meaning in expressions, as they do in moby's matcher.
 */
function translate(pattern: string): { kind: Kind; expression: string } {
  const chars = Array.from(pattern)
  let kind: Kind = 'exact'
  let expression = ''
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? ''
    if (char === '*' && chars[i + 1] === '*') {
      const first = i === 0
      i += chars[i + 2] === '/' ? 2 : 1
      const last = i === chars.length - 1
      expression += last ? '.*' : '(.*/)?'
      kind = first ? 'suffix' : last && kind === 'exact' ? 'prefix' : 'regexp'
    } else if (char === '\\') {
      const next = chars[++i]
      expression += `\\${next ?? ''}`
      if (next !== undefined) kind = 'regexp'
    } else {
      expression += wildcards[char] ?? char
      if ('*?[]'.includes(char)) kind = 'regexp'
    }
  }
  return { kind, expression }
}

const wildcards: Readonly<Record<string, string>> = {
  '*': '[^/]*',
  '?': '[^/]',
  ...Object.fromEntries('.+()$'.split('').map((char) => [char, `\\${char}`])),
}
