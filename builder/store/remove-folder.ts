import { renameSync, rmSync } from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import type { TempFolders } from './temp-folders.ts'

/** Takes a folder away at once, then removes what is in it: nobody ever sees a part of it. */
export function removeFolder(temps: TempFolders, dir: string): void {
  const doomed = temps.name('gone')
  try {
    renameSync(dir, doomed)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  rmSync(doomed, { recursive: true, force: true })
}

/** Moves a folder; false when a folder with content is there. An empty one is replaced, which changes nothing. */
export function renameUnlessThere(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false
    throw error
  }
}
