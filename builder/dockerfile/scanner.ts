import type { EscapeCharacter } from './words.ts'

/** What the lexer is asked to do. */
export interface LexRules {
  readonly escape: EscapeCharacter
  /** `remove`: quotes group and go away. `keep`: they group and stay. `plain`: they are ordinary characters. */
  readonly quotes: 'remove' | 'keep' | 'plain'
  /** Leave `$x` and `${x...}` as written when x is unset. */
  readonly keepUnset: boolean
  lookup(name: string): string | undefined
  /** Told each unset variable that becomes empty. */
  onUnset(name: string): void
  fail(message: string): never
}

/**
 * Escapes outside of quotes: `remove` leaves the escaped character, `keep` both; `pattern` is `keep` and doubles
 * escapes that quotes made literal, so that the result can be read as a pattern.
 */
export type EscapeMode = 'remove' | 'keep' | 'pattern'

/** The lexer as a substitution sees it: a position in a text, and a way to read a nested word. */
export interface Scanner {
  readonly text: string
  readonly rules: LexRules
  position: number
  /** Reads up to `stop` and past it; `missing` is the error when the text ends before. */
  readUntil(stop: '}' | '/', options: { readonly escapes: EscapeMode; readonly missing: string }): string
  /** Counts the work of matching patterns, and fails when one word needs too much of it. */
  spend(comparisons: number): void
}
