import { lstatSync, mkdirSync } from 'node:fs'

/**
 * Makes a folder and tells when, by the clock of its filesystem. That clock lags behind the system's by up to a tick, and
 * never goes back from one file to the next.
 */
export function makeTimedFolder(folder: string): bigint {
  mkdirSync(folder, { mode: 0o755 })
  return lstatSync(folder, { bigint: true }).mtimeNs
}
