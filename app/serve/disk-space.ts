import { statfs } from 'node:fs/promises'
import type { DiskSpace } from '../../retention/run/parts.ts'

/** Of the disk that a folder lies on, as those see it who are not root. */
export async function diskSpaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { free: bavail * bsize, size: blocks * bsize }
}
