import type { SourceLocation } from '../../shared/base/errors.ts'
import { excerpt, syntaxError } from './fail.ts'
import { splitFlags } from './flag-words.ts'
import type { Heredoc } from './types.ts'
import { type EscapeCharacter, trimSpace } from './words.ts'

/** A heredoc and its body as written (tabs not chomped), which an ONBUILD trigger keeps. */
export interface HeredocBody extends Heredoc {
  readonly raw: string
}

/** Warns about the statement at hand. */
type Warn = (rule: string, message: string) => void

/** One instruction of the file, split but not yet understood. */
export interface Statement {
  /** Upper case. */
  readonly keyword: string
  /** As written. */
  readonly written: string
  /** `--name[=value]` words, unquoted. */
  readonly flags: readonly string[]
  /** What follows keyword and flags, trimmed. */
  readonly args: string
  readonly heredocs: readonly HeredocBody[]
  readonly escape: EscapeCharacter
  readonly location: SourceLocation
  /** Continuations joined, white space at the end kept, heredoc bodies not included. */
  readonly line: string
  /** `line`, trimmed. */
  readonly source: string
  readonly warn: Warn
}

/** Keyword, flags and arguments of a logical line. */
export interface Head {
  readonly keyword: string
  readonly written: string
  readonly flags: readonly string[]
  readonly args: string
  /** A quote inside a flag is not closed. */
  readonly unclosed: boolean
}

/** Splits a logical line into keyword, flags and arguments. */
export function splitHead(line: string, escape: EscapeCharacter): Head {
  const source = trimSpace(line)
  const written = /^[^\t\v\f\r ]*/.exec(source)?.[0] ?? ''
  const { flags, rest, unclosed } = splitFlags(source.slice(written.length), escape)
  return { keyword: written.toUpperCase(), written, flags, args: trimSpace(rest), unclosed }
}

/** Refuses a head that says nothing or has a quote without end among its flags. */
export function checkHead({ written, unclosed }: Head, location: SourceLocation): void {
  if (written === '') throw syntaxError('empty instruction: nothing but continuation marks', location)
  if (unclosed) throw syntaxError(`a quote in the flags of ${excerpt(written)} is not closed`, location)
}
