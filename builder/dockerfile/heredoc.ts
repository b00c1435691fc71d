import { IbuildError, isIbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { excerpt, syntaxError } from './fail.ts'
import { lex } from './lexer.ts'
import { type LineReader, trimNewline } from './lines.ts'
import type { LexRules } from './scanner.ts'
import type { HeredocBody } from './statement.ts'
import type { Heredoc } from './types.ts'
import { trimSpace } from './words.ts'

/** What the word `<<NAME` says. */
export type HeredocWord = Omit<Heredoc, 'content'>

/** Reads a word such as `<<EOF`, `3<<-"EOF"`; undefined when it is none. The escape character is always `\`. */
export function parseHeredocWord(word: string): HeredocWord | undefined {
  const [mark, fd, dash] = /^(\d*)<<(-?)/.exec(word) ?? []
  if (mark === undefined || fd === undefined || dash === undefined) return undefined
  const rest = word.slice(mark.length).trimStart()
  if (rest === '' || rest.includes('<')) return undefined
  const [name, ...more] = rawWords(rest, 'remove', 'remove')
  const [written] = rawWords(rest, 'keep', 'remove')
  if (name === undefined || written === undefined || more.length > 0) return undefined
  return { name, fd, chomp: dash === '-', expand: countQuotes(name) === countQuotes(written) }
}

/** True for a name that a heredoc can have as a file: one path component. */
export function isFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)
}

/** The heredocs that a logical line announces, in order. A line that does not lex has none. */
export function heredocWords(line: string): HeredocWord[] {
  return rawWords(line, 'keep', 'keep').flatMap((word) => parseHeredocWord(word) ?? [])
}

function rawWords(text: string, quotes: LexRules['quotes'], escapes: 'remove' | 'keep'): readonly string[] {
  const rules: LexRules = {
    escape: '\\',
    quotes,
    keepUnset: true,
    lookup: () => undefined,
    onUnset: () => undefined,
    fail: (message) => {
      throw new IbuildError('DOCKERFILE_EXPANSION', message)
    },
  }
  try {
    return lex(text, rules, escapes).words
  } catch (error) {
    if (isIbuildError(error, 'DOCKERFILE_EXPANSION')) return []
    throw error
  }
}

function countQuotes(text: string): number {
  return text.replaceAll(/[^'"]/g, '').length
}

/** Reads the body of one heredoc up to its terminator. Unterminated is DOCKERFILE_SYNTAX at `location`. */
export function readHeredocBody(reader: LineReader, word: HeredocWord, location: () => SourceLocation): HeredocBody {
  const lines: string[] = []
  let near: number | undefined
  for (;;) {
    const line = reader.next()
    if (line === undefined) throw unterminated(word, near, location())
    const end = trimNewline(line)
    if ((word.chomp ? trimTabs(end) : end) === word.name) break
    if (near === undefined && trimSpace(end) === word.name) near = reader.line
    lines.push(line)
  }
  const raw = lines.join('')
  return { ...word, raw, content: word.chomp ? lines.map(trimTabs).join('') : raw }
}

function trimTabs(line: string): string {
  let start = 0
  while (line[start] === '\t') start++
  return line.slice(start)
}

function unterminated(word: HeredocWord, near: number | undefined, location: SourceLocation): IbuildError {
  const hint = near === undefined ? undefined : `Line ${near} has white space around it.`
  return syntaxError(`unterminated heredoc: no line is exactly ${excerpt(word.name)}`, location, hint)
}
