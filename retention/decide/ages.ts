import type { ItemFacts } from '../facts.ts'

/** The times that rules are held against; milliseconds since the epoch. */
export interface Clock {
  readonly now: number
  /** Of the repository: {@link RepositoryFacts.pullsKnownSince}. */
  readonly pullsKnownSince: number
}

const units: readonly [milliseconds: number, name: string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
  [1, 'millisecond'],
]

/** When an item is taken to be last pulled where a time without pulls counts: before pulls were noted, and before it was there, nobody knows. */
export function countsAsPulledAt(item: ItemFacts, pullsKnownSince: number): number {
  return item.pulledAt ?? Math.max(item.pushedAt, pullsKnownSince)
}

/** `90 days`, `36 hours`: a time as it was written, or near it. */
export function durationText(milliseconds: number): string {
  const [unit, name] = units.find(([size]) => milliseconds >= size && milliseconds % size === 0) ?? [1, 'millisecond']
  return countText(milliseconds / unit, name)
}

/** `91 days ago`, whole units that have passed. */
export function agoText(now: number, time: number): string {
  const passed = now - time
  for (const [unit, name] of units) if (passed >= unit) return `${countText(Math.floor(passed / unit), name)} ago`
  return 'just now'
}

/** `1 day`, `2 days`. */
export function countText(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
