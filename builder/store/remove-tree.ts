import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { isSmallTree } from './sync-tree.ts'

/** Removes a folder and all that is in it. A small one at once: going to the pool and back for each entry costs more. */
export async function removeTree(dir: string): Promise<void> {
  if (isSmallTree(dir)) rmSync(dir, { recursive: true, force: true, maxRetries: 3, retryDelay: 10 })
  else await rm(dir, { recursive: true, force: true })
}
