import { stat } from 'node:fs/promises'

export interface FileWatch {
  close(): void
}

/** Milliseconds between two looks: files may come through links and over networks, where the kernel tells of no change. */
const interval = 2000

/** What files are now, to be known before they are read: what changes while they are is told as well. */
export async function filesNow(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(stateOf))).join()
}

/** Calls `onChange` when any of the files has become another one, or has other content, than at `since` ({@link filesNow}). */
export function watchFiles(files: readonly string[], since: string, onChange: () => void): FileWatch {
  let before = since
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    const now = await filesNow(files)
    isLooking = false
    if (now !== before) onChange()
    before = now
  }
  const timer = setInterval(() => void look(), interval).unref()
  return { close: () => clearInterval(timer) }
}

/** Of a file that is not there, that it is not. */
async function stateOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true })
    return [dev, ino, size, mtimeNs].join('-')
  } catch {
    return 'none'
  }
}
