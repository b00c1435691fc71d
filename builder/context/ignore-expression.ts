/**
 * The syntax of the regular expressions that ignore patterns become, as Go reads it. Only what a translated pattern can
 * hold is known: characters, classes, `.`, `^`, `$`, `|`, `*`, `{n,m}` and groups with `?`.
 */
export type ExpressionNode =
  | TestNode
  | { readonly kind: 'loop'; readonly set: CharSet }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly ExpressionNode[] }

/** One character, or an end of the text. */
export type TestNode =
  | { readonly kind: 'char'; readonly set: CharSet }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end' }

/** Ranges of code points, inclusive: [low, high, low, high, ...]. */
export interface CharSet {
  readonly ranges: readonly number[]
  readonly negated: boolean
}

/** Thrown for an expression that Go refuses, or that has a letter escape other than a character class. */
export class BadExpression extends Error {
  override readonly name = 'BadExpression'
}

export function parseExpression(expression: string): ExpressionNode {
  return new ExpressionParser(expression).parse()
}

export function contains(set: CharSet, code: number): boolean {
  for (let i = 0; i < set.ranges.length; i += 2) {
    if (code >= (set.ranges[i] ?? 0) && code <= (set.ranges[i + 1] ?? 0)) return !set.negated
  }
  return set.negated
}

/** Each `{n,m}` is written out; an expression that would get larger than this is refused. */
const maxNodes = 20_000

const maxRepeat = 1000

class ExpressionParser {
  readonly #chars: readonly string[]
  #at = 0
  #nodes = 0

  constructor(expression: string) {
    this.#chars = Array.from(expression)
  }

  parse(): ExpressionNode {
    const node = this.#choice()
    if (this.#at < this.#chars.length) throw new BadExpression()
    return node
  }

  #choice(): ExpressionNode {
    const first = this.#sequence()
    if (this.#chars[this.#at] !== '|') return first
    const nodes = [first]
    while (this.#take('|')) nodes.push(this.#sequence())
    return { kind: 'choice', nodes }
  }

  #sequence(): ExpressionNode {
    const nodes: ExpressionNode[] = []
    for (
      let char = this.#chars[this.#at];
      char !== undefined && char !== ')' && char !== '|';
      char = this.#chars[this.#at]
    ) {
      this.#at++
      nodes.push(...this.#repeated(this.#atom(char)))
    }
    return { kind: 'sequence', nodes }
  }

  #atom(char: string): ExpressionNode {
    if (char === '^') return { kind: 'begin' }
    if (char === '$') return { kind: 'end' }
    return char === '(' ? this.#group() : { kind: 'char', set: this.#setAt(char) }
  }

  #group(): ExpressionNode {
    const node = this.#choice()
    if (!this.#take(')') || !this.#take('?')) throw new BadExpression()
    this.#refuseRepeat()
    return { kind: 'choice', nodes: [node, nothing] }
  }

  #repeated(node: ExpressionNode): readonly ExpressionNode[] {
    const count = this.#take('*') ? { min: 0, max: Number.POSITIVE_INFINITY } : this.#count()
    if (count === undefined) return this.#counted([node])
    this.#refuseRepeat()
    const many = count.max === Number.POSITIVE_INFINITY
    const rest = many ? [loopOf(node)] : repeat({ kind: 'choice', nodes: [node, nothing] }, count.max - count.min)
    return this.#counted([...repeat(node, count.min), ...rest])
  }

  #counted(nodes: readonly ExpressionNode[]): readonly ExpressionNode[] {
    this.#nodes += nodes.length
    if (this.#nodes > maxNodes) throw new BadExpression()
    return nodes
  }

  /** `{n}`, `{n,}` or `{n,m}`; anything else after a brace is text. */
  #count(): { min: number; max: number } | undefined {
    const rest = this.#chars.slice(this.#at, this.#at + 24).join('')
    const match = /^\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/.exec(rest)
    if (match === null) return undefined
    this.#at += match[0].length
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3])
    if (min > maxRepeat || (max > maxRepeat && max !== Number.POSITIVE_INFINITY) || min > max) throw new BadExpression()
    return { min, max }
  }

  /** A repetition of a repetition is an error. */
  #refuseRepeat(): void {
    if (this.#chars[this.#at] === '*' || this.#count() !== undefined) throw new BadExpression()
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false
    this.#at++
    return true
  }

  #setAt(char: string): CharSet {
    if (char === '.') return { ranges: [10, 10], negated: true }
    if (char === '[') return this.#charClass()
    if (char !== '\\') return { ranges: pair(codeOf(char)), negated: false }
    return { ranges: this.#perlClass() ?? pair(this.#escape()), negated: false }
  }

  #charClass(): CharSet {
    const negated = this.#take('^')
    const ranges: number[] = []
    for (let first = true; first || this.#chars[this.#at] !== ']'; first = false) {
      ranges.push(...(this.#posixClass() ?? this.#classEscape() ?? this.#range()))
    }
    this.#at++
    return { ranges, negated }
  }

  #posixClass(): readonly number[] | undefined {
    if (this.#chars[this.#at] !== '[' || this.#chars[this.#at + 1] !== ':') return undefined
    const end = this.#chars.findIndex((char, i) => i > this.#at + 1 && char === ':' && this.#chars[i + 1] === ']')
    if (end < 0) return undefined
    const name = this.#chars.slice(this.#at + 2, end).join('')
    const ranges = posixClasses.get(name.replace(/^\^/, ''))
    if (ranges === undefined) throw new BadExpression()
    this.#at = end + 2
    return name.startsWith('^') ? complement(ranges) : ranges
  }

  #classEscape(): readonly number[] | undefined {
    if (!this.#take('\\')) return undefined
    const ranges = this.#perlClass()
    if (ranges === undefined) this.#at--
    return ranges
  }

  #perlClass(): readonly number[] | undefined {
    const char = this.#chars[this.#at] ?? ''
    const ranges = perlClasses.get(char.toLowerCase())
    if (ranges === undefined) return undefined
    this.#at++
    return char === char.toLowerCase() ? ranges : complement(ranges)
  }

  #range(): readonly number[] {
    const low = this.#classChar()
    const next = this.#chars[this.#at + 1]
    if (this.#chars[this.#at] !== '-' || next === undefined || next === ']') return pair(low)
    this.#at++
    const high = this.#classChar()
    if (high < low) throw new BadExpression()
    return [low, high]
  }

  #classChar(): number {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new BadExpression()
    return char === '\\' ? this.#escape() : codeOf(char)
  }

  #escape(): number {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new BadExpression()
    const control = controlEscapes.get(char)
    if (control !== undefined) return control
    if (/[0-9A-Za-z]/.test(char) || codeOf(char) > 127) throw new BadExpression()
    return codeOf(char)
  }
}

const nothing: ExpressionNode = { kind: 'sequence', nodes: [] }

function loopOf(node: ExpressionNode): ExpressionNode {
  return node.kind === 'char' ? { kind: 'loop', set: node.set } : nothing
}

function repeat(node: ExpressionNode, times: number): ExpressionNode[] {
  return Array.from({ length: times }, () => node)
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0
}

function pair(code: number): readonly number[] {
  return [code, code]
}

function complement(ranges: readonly number[]): readonly number[] {
  const result: number[] = []
  let next = 0
  for (let i = 0; i < ranges.length; i += 2) {
    const low = ranges[i] ?? 0
    if (low > next) result.push(next, low - 1)
    next = (ranges[i + 1] ?? 0) + 1
  }
  return [...result, next, 0x10ffff]
}

const perlClasses: ReadonlyMap<string, readonly number[]> = new Map([
  ['d', [48, 57]],
  ['s', [9, 10, 12, 13, 32, 32]],
  ['w', [48, 57, 65, 90, 95, 95, 97, 122]],
])

const posixClasses: ReadonlyMap<string, readonly number[]> = new Map([
  ['alnum', [48, 57, 65, 90, 97, 122]],
  ['alpha', [65, 90, 97, 122]],
  ['ascii', [0, 127]],
  ['blank', [9, 9, 32, 32]],
  ['cntrl', [0, 31, 127, 127]],
  ['digit', [48, 57]],
  ['graph', [33, 126]],
  ['lower', [97, 122]],
  ['print', [32, 126]],
  ['punct', [33, 47, 58, 64, 91, 96, 123, 126]],
  ['space', [9, 13, 32, 32]],
  ['upper', [65, 90]],
  ['word', [48, 57, 65, 90, 95, 95, 97, 122]],
  ['xdigit', [48, 57, 65, 70, 97, 102]],
])

const controlEscapes: ReadonlyMap<string, number> = new Map(Object.entries({ a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }))
