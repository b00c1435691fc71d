import { lstatSync, mkdirSync } from 'node:fs'

/**
 * Makes a folder and tells when, by the clock of its filesystem. That clock lags behind the system's by up to a tick, and
 * does not go back from one file to the next unless somebody sets it.
 */
export function makeTimedFolder(folder: string): bigint {
  mkdirSync(folder, { mode: 0o755 })
  return lstatSync(folder, { bigint: true }).mtimeNs
}
