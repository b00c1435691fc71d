import { IgnoreAutomaton } from './ignore-automaton.ts'
import { type CharSet, type ExpressionNode, parseExpression } from './ignore-expression.ts'

/** A compiled expression; `test` is true when it matches anywhere in the text. */
export interface IgnoreRegexp {
  test(text: string): boolean
}

/**
 * Compiles an expression with Go's meaning. JavaScript's engine is the faster one, but goes back over the text for every
 * loop: an expression with more than two loops gets an automaton, so that no pattern can stall a build. Throws
 * {@link BadExpression}.
 */
export function compileIgnoreRegexp(expression: string, engine?: 'native' | 'automaton'): IgnoreRegexp {
  const node = parseExpression(expression)
  const chosen = engine ?? (countLoops(node) > 2 ? 'automaton' : 'native')
  return chosen === 'native' ? new RegExp(sourceOf(node), 'u') : new IgnoreAutomaton(node)
}

function countLoops(node: ExpressionNode): number {
  if (node.kind !== 'sequence' && node.kind !== 'choice') return node.kind === 'loop' ? 1 : 0
  const inner = node.nodes.reduce((sum, child) => sum + countLoops(child), 0)
  return inner + (node.kind === 'choice' && node.nodes.length > 1 && inner === 0 ? 1 : 0)
}

function sourceOf(node: ExpressionNode): string {
  switch (node.kind) {
    case 'begin':
      return '^'
    case 'end':
      return '$'
    case 'sequence':
      return node.nodes.map(sourceOf).join('')
    case 'choice':
      return `(?:${node.nodes.map(sourceOf).join('|')})`
    case 'char':
      return classOf(node.set)
    default:
      return `${classOf(node.set)}*`
  }
}

function classOf(set: CharSet): string {
  let members = ''
  for (let i = 0; i < set.ranges.length; i += 2) members += `${escape(set.ranges[i])}-${escape(set.ranges[i + 1])}`
  return `[${set.negated ? '^' : ''}${members}]`
}

function escape(code: number | undefined): string {
  return `\\u{${(code ?? 0).toString(16)}}`
}
