import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { openInside } from './tree-files.ts'

/** A folder of a tree: where the tree lies, and the names that lead there. */
export interface TreeFolder {
  readonly root: string
  readonly names: readonly string[]
}

/** The folders in a folder, in no order, one at a time; none when there is no such folder. Errors: {@link TreeFlaw}. */
export async function* foldersIn({ root, names }: TreeFolder): AsyncGenerator<Dirent> {
  const folder = await openInside(root, names, 'folder')
  if (folder === undefined) return
  try {
    // What was opened is what is read: the path may lead elsewhere by now.
    for await (const entry of await opendir(`/proc/self/fd/${folder.handle.fd}`)) {
      if (entry.isDirectory() || entry.isSymbolicLink()) yield entry
    }
  } finally {
    await folder.handle.close()
  }
}

export interface EntriesPage {
  /** Keys after this one only. */
  readonly after: string
  /** At most so many. */
  readonly limit: number
  /** The keys that stand for a folder; none to leave it out. */
  readonly keysOf: (entry: Dirent) => readonly string[]
}

/**
 * The first keys after one, in the order of their characters. The folder is read whole each time, and no more than twice
 * `limit` keys are held, however many there are.
 */
export async function firstKeys(folder: TreeFolder, { after, limit, keysOf }: EntriesPage): Promise<readonly string[]> {
  let keys: string[] = []
  const cut = (): void => {
    keys = keys.sort(byCharacters).slice(0, limit)
  }
  for await (const entry of foldersIn(folder)) {
    for (const key of keysOf(entry)) if (key > after) keys.push(key)
    if (keys.length >= 2 * limit + 2) cut()
  }
  cut()
  return keys
}

function byCharacters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
