import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { quote } from './fail.ts'
import { type LexResult, lex } from './lexer.ts'
import type { LexRules } from './scanner.ts'
import type { Variables } from './types.ts'
import type { EscapeCharacter } from './words.ts'

export interface ExpandOptions {
  readonly variables: Variables
  /** Escape character of the file. */
  readonly escape: EscapeCharacter
  /** The instruction, for errors. */
  readonly location: SourceLocation
  /** Told each variable that is unset and becomes empty; `${v:-w}` and its like handle that and do not count. */
  readonly onUnset?: (name: string) => void
}

export type ExpandHeredocOptions = Omit<ExpandOptions, 'escape'>

/**
 * Expands the variables of a word and removes its quotes and escapes (docs/dockerfile.md V01-V06). The result is one word,
 * white space and all. DOCKERFILE_EXPANSION when the word is malformed, when `${v:?}` refuses, or when the result
 * grows beyond 16 Mi characters.
 */
export function expandWord(word: string, options: ExpandOptions): string {
  return run(word, { ...options, quotes: 'remove' }).text
}

/** {@link expandWord}, then split at white space outside of quotes: what a variable brings is split as well. */
export function expandWords(word: string, options: ExpandOptions): string[] {
  return [...run(word, { ...options, quotes: 'remove' }).words]
}

/** Expands the body of an unquoted heredoc: quotes are ordinary characters, the escape character is always `\`. */
export function expandHeredoc(content: string, options: ExpandHeredocOptions): string {
  return run(content, { ...options, escape: '\\', quotes: 'plain' }).text
}

function run(text: string, options: ExpandOptions & Pick<LexRules, 'quotes'>): LexResult {
  return lex(text, {
    escape: options.escape,
    quotes: options.quotes,
    keepUnset: false,
    lookup: (name) => options.variables.get(name),
    onUnset: (name) => options.onUnset?.(name),
    fail: (message) => {
      throw new IbuildError('DOCKERFILE_EXPANSION', `failed to process ${quote(text)}: ${message}`, {
        location: options.location,
        ...hintFor(message),
      })
    },
  })
}

function hintFor(message: string): { hint?: string } {
  if (!message.startsWith('unexpected end of statement')) return {}
  return { hint: 'Close the quote. In COPY, ADD and VOLUME a path with spaces needs the JSON form: ["a b", "c"].' }
}
