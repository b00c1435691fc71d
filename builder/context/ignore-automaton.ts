import { contains, type ExpressionNode, type TestNode } from './ignore-expression.ts'

/**
 * Matches an expression by walking all of its states at once: the time is the product of both lengths, whatever the text.
 */
export class IgnoreAutomaton {
  readonly #states: State[] = []
  readonly #start: number
  /** Per state: the last position at which it was entered, so that no set need be cleared. */
  readonly #entered: Int32Array

  constructor(node: ExpressionNode) {
    this.#start = this.#build(node, this.#add({ kind: 'accept', next: [] }))
    this.#entered = new Int32Array(this.#states.length)
  }

  test(text: string): boolean {
    const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0)
    this.#entered.fill(-1)
    let current: number[] = []
    for (const [position, code] of codes.entries()) {
      if (this.#enter(current, this.#start, { position, length: codes.length })) return true
      const following: number[] = []
      const at = { position: position + 1, length: codes.length }
      for (const index of current) if (this.#step(following, index, { code, at })) return true
      current = following
    }
    return this.#enter(current, this.#start, { position: codes.length, length: codes.length })
  }

  #add(state: State): number {
    this.#states.push(state)
    return this.#states.length - 1
  }

  /** Adds the states of a node that goes on to `end`; the state that begins it. */
  #build(node: ExpressionNode, end: number): number {
    switch (node.kind) {
      case 'sequence':
        return node.nodes.reduceRight((next, inner) => this.#build(inner, next), end)
      case 'choice':
        return this.#add({ kind: 'split', next: node.nodes.map((inner) => this.#build(inner, end)) })
      case 'loop': {
        const split: State = { kind: 'split', next: [] }
        const index = this.#add(split)
        split.next.push(this.#build({ kind: 'char', set: node.set }, index), end)
        return index
      }
      default:
        return this.#add({ kind: 'test', node, next: [end] })
    }
  }

  /** Enters a state and all that it leads to without a character; true when the expression has matched. */
  #enter(set: number[], index: number, at: Position): boolean {
    const state = this.#states[index]
    if (state === undefined || this.#entered[index] === at.position) return false
    this.#entered[index] = at.position
    if (state.kind === 'accept') return true
    if (state.kind === 'test' && state.node.kind === 'char') {
      set.push(index)
      return false
    }
    const edge = state.kind === 'test' && state.node.kind === 'begin' ? 0 : at.length
    if (state.kind === 'test' && at.position !== edge) return false
    return state.next.some((next) => this.#enter(set, next, at))
  }

  #step(following: number[], index: number, { code, at }: { code: number; at: Position }): boolean {
    const state = this.#states[index]
    if (state?.kind !== 'test' || state.node.kind !== 'char' || !contains(state.node.set, code)) return false
    return state.next.some((next) => this.#enter(following, next, at))
  }
}

interface Position {
  readonly position: number
  readonly length: number
}

type State =
  | { readonly kind: 'accept' | 'split'; readonly next: number[] }
  | {
      readonly kind: 'test'
      readonly node: TestNode
      readonly next: number[]
    }
