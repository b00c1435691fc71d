const [first, longest] = [60_000, 3_600_000]

/** Milliseconds from a try that failed to the next: twice as long after each one, up to an hour. */
export function retryDelay(failures: number): number {
  return Math.min(first * 2 ** Math.min(failures - 1, 20), longest)
}
