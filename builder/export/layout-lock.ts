import { rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../shared/base/errors.ts'
import { makeFolders } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'

/** Lies in a layout while something writes to it; that of a killed process goes with the next writer. */
export const layoutLock = 'index.json.lock'

/** Runs work while nobody else of this machine writes to the layout in `dir`, whatever data folder they have. */
export async function underLayoutLock<T>(
  dir: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const folder = join(dir, layoutLock)
  makeFolders(dir)
  const lock = await lockExclusive(folder, { signal })
  try {
    return await work()
  } finally {
    lock.release()
    removeEmpty(folder)
  }
}

/** One that others wait for is not empty. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error
  }
}
