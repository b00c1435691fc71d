const [minute, hour] = [60_000, 3_600_000]

/** Milliseconds from a try that failed to the next: twice as long after each one, by itself from a minute up to an hour. */
export function retryDelay(failures: number, { first = minute, longest = hour } = {}): number {
  return Math.min(first * 2 ** Math.min(failures - 1, 20), longest)
}
