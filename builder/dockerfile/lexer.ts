import type { EscapeMode, LexRules, Scanner } from './scanner.ts'
import { failTooLong, maxExpansion, substitute } from './substitution.ts'
import { spaceRun } from './words.ts'

const maxDepth = 100
/** For all patterns of a word together: a pattern of 60 characters on a value of 1 MiB. */
const maxComparisons = 64 * 1024 * 1024

export interface LexResult {
  readonly text: string
  /** The text split at white space outside of quotes; what a variable brings is split too. */
  readonly words: readonly string[]
}

/** Quotes, escapes and variables of a word, as a shell reads them (docs/dockerfile.md 1.4). Errors go to `rules.fail`. */
export function lex(text: string, rules: LexRules, escapes: 'remove' | 'keep' = 'remove'): LexResult {
  return new Lexer(text, rules).readAll(escapes)
}

class Lexer implements Scanner {
  readonly text: string
  readonly rules: LexRules
  position = 0
  #depth = 0
  #produced = 0
  #spent = 0

  constructor(text: string, rules: LexRules) {
    this.text = text
    this.rules = rules
  }

  readAll(escapes: EscapeMode): LexResult {
    const words = new WordList()
    const parts: string[] = []
    while (this.position < this.text.length) {
      const { piece, splits } = this.#next(escapes)
      parts.push(piece)
      words.add(piece, splits)
    }
    return { text: parts.join(''), words: words.finish() }
  }

  readUntil(stop: '}' | '/', { escapes, missing }: { readonly escapes: EscapeMode; readonly missing: string }): string {
    if (++this.#depth > maxDepth) this.rules.fail(`substitutions are nested deeper than ${maxDepth}`)
    const parts: string[] = []
    while (this.text[this.position] !== stop) {
      if (this.position >= this.text.length) this.rules.fail(missing)
      parts.push(this.#next(escapes).piece)
    }
    this.position++
    this.#depth--
    return parts.join('')
  }

  spend(comparisons: number): void {
    this.#spent += comparisons
    if (this.#spent > maxComparisons) this.rules.fail('the patterns and the values are too long to match')
  }

  /** The next piece of the word; `splits` tells that its white space separates words. */
  #next(escapes: EscapeMode): { piece: string; splits: boolean } {
    const character = this.text[this.position] ?? ''
    if (character === '$') return { piece: this.#dollar(), splits: true }
    if (character === '<') return { piece: this.#angle(), splits: false }
    if (character === this.rules.escape) return { piece: this.#escaped(escapes), splits: false }
    if (this.rules.quotes !== 'plain') {
      if (character === "'") return { piece: this.#singleQuoted(escapes), splits: false }
      if (character === '"') return { piece: this.#doubleQuoted(escapes), splits: false }
    }
    return { piece: this.#plain(), splits: true }
  }

  #dollar(): string {
    const value = substitute(this)
    this.#produced += value.length
    return this.#produced > maxExpansion ? failTooLong(this.rules) : value
  }

  /** `<<` keeps the blanks after it in the same word, because a heredoc's name may follow them. */
  #angle(): string {
    const start = this.position++
    if (this.text[this.position] === '<') {
      this.position++
      while (['\t', '\r', ' '].includes(this.text[this.position] ?? '')) this.position++
    }
    return this.text.slice(start, this.position)
  }

  #escaped(escapes: EscapeMode): string {
    const next = this.text[this.position + 1] ?? ''
    this.position += 2
    return escapes === 'remove' ? next : this.rules.escape + next
  }

  #plain(): string {
    const start = this.position++
    while (this.position < this.text.length && !this.#isSpecial(this.text.charCodeAt(this.position))) this.position++
    return this.text.slice(start, this.position)
  }

  /** `" $ ' / < \ backtick }`: whatever may end a plain run in some mode. */
  #isSpecial(code: number): boolean {
    switch (code) {
      case 0x22:
      case 0x24:
      case 0x27:
      case 0x2f:
      case 0x3c:
      case 0x5c:
      case 0x60:
      case 0x7d:
        return true
      default:
        return false
    }
  }

  #singleQuoted(escapes: EscapeMode): string {
    const start = this.position
    const end = this.text.indexOf("'", start + 1)
    if (end < 0) this.rules.fail('unexpected end of statement while looking for matching single-quote')
    this.position = end + 1
    const inside = this.text.slice(start + 1, end)
    const { escape } = this.rules
    const literal = escapes === 'pattern' ? inside.replaceAll(escape, () => escape + escape) : inside
    return this.#quoted("'", literal)
  }

  #doubleQuoted(escapes: EscapeMode): string {
    const parts: string[] = []
    this.position++
    for (;;) {
      const character = this.text[this.position]
      if (character === undefined) {
        this.rules.fail('unexpected end of statement while looking for matching double-quote')
      }
      if (character === '"') break
      if (character === '$') parts.push(this.#dollar())
      else if (character === this.rules.escape) parts.push(this.#escapedInQuotes(escapes))
      else parts.push(this.#plain())
    }
    this.position++
    return this.#quoted('"', parts.join(''))
  }

  /** In double quotes an escape counts before `"`, `$` and itself; elsewhere it is an ordinary character. */
  #escapedInQuotes(escapes: EscapeMode): string {
    const { escape, quotes } = this.rules
    const next = this.text[this.position + 1] ?? ''
    if (next !== '"' && next !== '$' && next !== escape) {
      this.position++
      const doubled = escapes === 'pattern' || (escapes === 'keep' && quotes !== 'keep')
      return doubled ? escape + escape : escape
    }
    this.position += 2
    return escapes === 'remove' ? next : escape + next
  }

  #quoted(quote: string, inside: string): string {
    return this.rules.quotes === 'keep' ? quote + inside + quote : inside
  }
}

/** Collects words from pieces; an empty word is none, even when it was quoted. */
class WordList {
  readonly #words: string[] = []
  #parts: string[] = []

  add(piece: string, splits: boolean): void {
    if (!splits) {
      this.#parts.push(piece)
      return
    }
    for (const [index, part] of piece.split(spaceRun).entries()) {
      if (index > 0) this.#end()
      this.#parts.push(part)
    }
  }

  finish(): readonly string[] {
    this.#end()
    return this.#words
  }

  #end(): void {
    const word = this.#parts.join('')
    if (word !== '') this.#words.push(word)
    this.#parts = []
  }
}
