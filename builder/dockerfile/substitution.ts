import { matchCost, type Pattern, parsePattern, replace, trimPrefix, trimSuffix } from './pattern.ts'
import type { LexRules, Scanner } from './scanner.ts'

const missingBrace = "syntax error: missing '}'"
const missingSlash = "syntax error: missing '/' in ${}"
const namePattern = /[@*#?$!-]|\p{Nd}+|[\p{L}_][\p{L}\p{Nd}_]*/uy

/** Characters that the expansion of one word may produce. */
export const maxExpansion: number = 16 * 1024 * 1024

/** Reads `$name` or `${...}` at the scanner's position and returns what it stands for. A lone `$` is itself. */
export function substitute(scanner: Scanner): string {
  const start = scanner.position
  scanner.position++
  const value = scanner.text[scanner.position] === '{' ? substituteBraces(scanner) : substituteName(scanner)
  return value ?? scanner.text.slice(start, scanner.position)
}

function substituteName(scanner: Scanner): string | undefined {
  const name = readName(scanner)
  return name === '' ? '$' : valueOf(name, scanner.rules)
}

/** Undefined means: leave it as it is written. */
function substituteBraces(scanner: Scanner): string | undefined {
  scanner.position++
  const first = scanner.text[scanner.position]
  if (first === undefined) scanner.rules.fail(missingBrace)
  if ('{}:'.includes(first)) scanner.rules.fail('syntax error: bad substitution')
  const name = readName(scanner)
  const operator = readOperator(scanner)
  if (operator === '}') return valueOf(name, scanner.rules)
  if (operator === '/') return substituteReplacement(scanner, name)
  if (operator === '#' || operator === '%') return substituteTrim(scanner, name, operator)
  return substituteDefault(scanner, name, operator)
}

function readName(scanner: Scanner): string {
  namePattern.lastIndex = scanner.position
  const name = namePattern.exec(scanner.text)?.[0] ?? ''
  scanner.position += name.length
  return name
}

type Operator = '}' | '/' | '#' | '%' | '-' | '+' | '?' | ':-' | ':+' | ':?'

const operators: ReadonlySet<string> = new Set<Operator>(['}', '/', '#', '%', '-', '+', '?', ':-', ':+', ':?'])

function readOperator(scanner: Scanner): Operator {
  const colon = scanner.text[scanner.position] === ':' ? ':' : ''
  const code = scanner.text.codePointAt(scanner.position + colon.length)
  if (code === undefined) scanner.rules.fail(missingBrace)
  const operator = colon + String.fromCodePoint(code)
  if (!isOperator(operator)) scanner.rules.fail(`unsupported modifier (${operator}) in substitution`)
  scanner.position += operator.length
  return operator
}

function isOperator(text: string): text is Operator {
  return operators.has(text)
}

/** A plain variable: unset is empty, or left alone. */
function valueOf(name: string, rules: LexRules): string | undefined {
  const value = rules.lookup(name)
  if (value !== undefined || rules.keepUnset) return value
  rules.onUnset(name)
  return ''
}

function substituteDefault(scanner: Scanner, name: string, operator: Operator): string | undefined {
  const { rules } = scanner
  const word = scanner.readUntil('}', { escapes: 'remove', missing: missingBrace })
  const value = rules.lookup(name)
  if (value === undefined && rules.keepUnset) return undefined
  const present = value !== undefined && (value !== '' || !operator.startsWith(':'))
  if (operator.endsWith('+')) return present ? word : ''
  if (present) return value
  if (operator.endsWith('-')) return word
  const fallback = value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty'
  return rules.fail(`${name}: ${word === '' ? fallback : word}`)
}

/** `${v#p}` and `${v%p}` remove the shortest match, `##` and `%%` the longest. */
function substituteTrim(scanner: Scanner, name: string, operator: '#' | '%'): string | undefined {
  const { rules } = scanner
  const longest = scanner.text[scanner.position] === operator
  if (longest) scanner.position++
  const word = scanner.readUntil('}', { escapes: 'pattern', missing: missingBrace })
  const value = valueOf(name, rules)
  if (value === undefined) return undefined
  const pattern = readPattern(word, value, scanner)
  return operator === '#' ? trimPrefix(value, pattern, longest) : trimSuffix(value, pattern, longest)
}

/** `${v/p/r}` replaces the first match, `${v//p/r}` every one. */
function substituteReplacement(scanner: Scanner, name: string): string | undefined {
  const { rules } = scanner
  const all = scanner.text[scanner.position] === '/'
  if (all) scanner.position++
  const word = scanner.readUntil('/', { escapes: 'pattern', missing: missingSlash })
  const by = unescapeEnds(scanner.readUntil('}', { escapes: 'keep', missing: missingBrace }), rules)
  const value = valueOf(name, rules)
  if (value === undefined) return undefined
  const pieces = replace(value, readPattern(word, value, scanner), { by, all })
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return length > maxExpansion ? failTooLong(rules) : pieces.join('')
}

/** In a replacement only `}`, `/` and `$` can be escaped; other escape characters stay. */
function unescapeEnds(text: string, { escape }: LexRules): string {
  if (!text.includes(escape)) return text
  return text.replace(escape === '\\' ? /\\([}/$])/g : /`([}/$])/g, '$1')
}

function readPattern(word: string, value: string, scanner: Scanner): Pattern {
  const { rules } = scanner
  const pattern = parsePattern(word, rules.escape)
  if ('invalid' in pattern) {
    return rules.fail(`invalid pattern (${word}) in substitution: invalid escape '${pattern.invalid}'`)
  }
  scanner.spend(matchCost(pattern, value))
  return pattern
}

/** Fails because the result grows beyond {@link maxExpansion}. */
export function failTooLong(rules: LexRules): never {
  return rules.fail(`expands to more than ${maxExpansion} characters`)
}
