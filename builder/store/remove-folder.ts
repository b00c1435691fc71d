import { renameSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { errnoOf } from '../../shared/base/errors.ts'
import { isSmallTree } from './sync-tree.ts'
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

/** Removes a folder and all that is in it. A small one at once: going to the pool and back for each entry costs more. */
export async function removeTree(dir: string): Promise<void> {
  if (isSmallTree(dir)) rmSync(dir, { recursive: true, force: true, maxRetries: 3, retryDelay: 10 })
  else await rm(dir, { recursive: true, force: true })
}
