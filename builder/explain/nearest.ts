import { compareParts, type NamedPart, type PartChange } from './compare-parts.ts'

/** An earlier record that a step may be compared with. */
export interface Candidate {
  readonly parts: readonly NamedPart[]
}

/** The earlier record that differs least, and how; of equal ones the first. Undefined when there is none. */
export function nearest<T extends Candidate>(
  candidates: readonly T[],
  parts: readonly NamedPart[],
): { readonly candidate: T; readonly changes: readonly PartChange[] } | undefined {
  const compared = candidates.map((candidate) => {
    const changes = compareParts(candidate.parts, parts)
    return { candidate, changes, distance: distanceOf(changes) }
  })
  return compared.reduce<(typeof compared)[number] | undefined>(
    (best, each) => (best === undefined || each.distance < best.distance ? each : best),
    undefined,
  )
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
