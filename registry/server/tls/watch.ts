import { stat } from 'node:fs/promises'

export interface FileWatch {
  close(): void
}

/** Milliseconds between two looks: files may come through links and over networks, where the kernel tells of no change. */
const interval = 2000

/** Calls `onChange` when any of the files has become another one, or has other content. */
export function watchFiles(files: readonly string[], onChange: () => void, pause = interval): FileWatch {
  let before: string | undefined
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    const now = (await Promise.all(files.map(stateOf))).join()
    isLooking = false
    if (before !== undefined && now !== before) onChange()
    before = now
  }
  void look()
  const timer = setInterval(() => void look(), pause).unref()
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
