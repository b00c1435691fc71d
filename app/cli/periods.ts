const units: readonly (readonly [milliseconds: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** Milliseconds for people: `3 d`, `90 s`. */
export function period(milliseconds: number): string {
  const [size, name] = units.find(([each]) => milliseconds >= 2 * each) ?? [1000, 's']
  return `${Math.ceil(milliseconds / size)} ${name}`
}

/** When something is: `in 3 d`, or `now`. Both are milliseconds since the epoch, as in all of this file. */
export function inTime(at: number, now: number): string {
  return at <= now ? 'now' : `in ${period(at - now)}`
}

export function ago(at: number, now: number): string {
  return `${period(Math.max(0, now - at))} ago`
}
