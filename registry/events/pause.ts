import type { EndpointSettings } from './types.ts'

/** Milliseconds; no receiver waits longer for the next try. */
export const longestPause = 300_000

/**
 * Milliseconds to wait after so many failures in a row. `random`, from 0 to 1, takes up to half of it away, so that receivers
 * that failed together are not tried together.
 */
export function pauseAfter(
  failures: number,
  { backoff, threshold }: Pick<EndpointSettings, 'backoff' | 'threshold'>,
  random: number,
): number {
  const doublings = Math.min(30, Math.max(0, failures - threshold))
  return Math.min(longestPause, backoff * 2 ** doublings) * (1 - random / 2)
}
