import { lstatSync, mkdirSync } from 'node:fs'

/** From when to when a command could give times to files, in nanoseconds of the clock that gave them; both ends belong to it. */
export interface RunWindow {
  readonly from: bigint
  readonly to: bigint
}

/**
 * Makes a folder and tells when, by the clock of its filesystem. That clock lags behind the system's by up to a tick, and
 * does not go back from one file to the next unless somebody sets it.
 */
export function makeTimedFolder(folder: string): bigint {
  mkdirSync(folder, { mode: 0o755 })
  return lstatSync(folder, { bigint: true }).mtimeNs
}

/** What programs cut times to when they copy them, in nanoseconds: archives and small tools keep seconds, others more. */
const precisions = [1_000_000_000n, 1_000_000n, 1_000n]

/**
 * True for a time that the run gave: one in its window, or one that is in it but for being cut to whole seconds, milli- or
 * microseconds, as `cp -p` of some tools leaves the time of a file that is only just made.
 */
export function isInWindow(mtime: bigint, { from, to }: RunWindow): boolean {
  if (mtime > to) return false
  if (mtime >= from) return true
  return precisions.some((unit) => mtime % unit === 0n && mtime >= from - (from % unit))
}
