import type { ItemFacts } from '../facts.ts'
import { compareNames } from './recency.ts'

/** Which of those that rules delete go first. */
export type DeleteOrder = 'leastRecentlyPulled' | 'oldest'

/** An item that a rule deletes, as far as limits need it. */
export interface Candidate {
  readonly ordinal: number
  readonly isTag: boolean
  readonly repository: string
  readonly name: string
  readonly digest: string
  readonly size: number
  readonly pushedAt: number
  /** By what it is ordered first: when it was pushed, or counts as pulled. */
  readonly time: number
}

export function candidateOf(item: ItemFacts, ordinal: number, time: number): Candidate {
  const { kind, repository, name, digest, size, pushedAt } = item
  return { ordinal, isTag: kind === 'tag', repository, name, digest, size, pushedAt, time }
}

/** Negative when `a` goes before `b`. */
export function byTurn(a: Candidate, b: Candidate): number {
  return (
    a.time - b.time ||
    a.pushedAt - b.pushedAt ||
    compareNames(a.repository, b.repository) ||
    compareNames(a.name, b.name)
  )
}

/** Negative when `a` was pushed later; of two at the same time the one whose name is later. */
export function newestFirst(a: Candidate, b: Candidate): number {
  return b.pushedAt - a.pushedAt || compareNames(b.name, a.name)
}
