const minute = 60_000

/** Milliseconds after which it is looked again at the latest: what is configured, or said by others, may be another thing then. */
export const longestWait: number = 24 * 60 * minute
/** Nothing is ever put off for so long, also where clocks differ a little. */
export const farAhead: number = 2 * longestWait

/** Milliseconds until a digest is tried again whose review failed so many times more than once. */
export function backoff(times: number): number {
  return Math.min(longestWait, 10_000 * 2 ** Math.min(times, 20))
}
