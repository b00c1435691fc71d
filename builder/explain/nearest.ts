import type { KeyPart } from '../copy/types.ts'
import { compareParts, type PartChange } from './compare-parts.ts'

/** An earlier record that a step may be compared with. */
export interface Candidate {
  readonly parts: readonly KeyPart[]
}

/** Of records whose parts differ alike, so many are looked into. */
const mostTies = 4

/**
 * The earlier record that differs least, and how; of equal ones that for which `finer` gives the least, then the first.
 * `finer` is not asked any more once it gave 1. Undefined when there is none.
 */
export function nearest<T extends Candidate>(
  candidates: readonly T[],
  parts: readonly KeyPart[],
  finer: (candidate: T, changes: readonly PartChange[]) => number = () => 1,
): { readonly candidate: T; readonly changes: readonly PartChange[] } | undefined {
  const compared = candidates.map((candidate) => {
    const changes = compareParts(candidate.parts, parts)
    return { candidate, changes, distance: distanceOf(changes) }
  })
  const least = Math.min(...compared.map(({ distance }) => distance))
  const ties = compared.filter(({ distance }) => distance === least)
  return ties.length > 1
    ? finest(ties.slice(0, mostTies), ({ candidate, changes }) => finer(candidate, changes))
    : ties[0]
}

function finest<T>(ties: readonly T[], measure: (tie: T) => number): T | undefined {
  let best: { readonly tie: T; readonly size: number } | undefined
  for (const tie of ties) {
    const size = measure(tie)
    if (best === undefined || size < best.size) best = { tie, size }
    if (best.size <= 1) break
  }
  return best?.tie
}

/** How much a difference in a part says that it is another step, rather than the same one with another input. */
const weights: Readonly<Record<string, number>> = {
  instruction: 1000,
  command: 20,
  destination: 20,
  path: 20,
  script: 15,
  content: 10,
  matches: 10,
  file: 10,
  parent: 3,
}
const otherWeight = 5

function distanceOf(changes: readonly PartChange[]): number {
  return changes
    .filter(({ change }) => change !== 'same')
    .reduce((sum, { name }) => sum + (weights[name.split(' ')[0] ?? ''] ?? otherWeight), 0)
}
