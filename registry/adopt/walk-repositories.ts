import type { Dirent } from 'node:fs'
import { isName, type RepositoryName } from '../protocol/names.ts'
import { firstKeys, type TreeFolder } from './entries.ts'
import { openInside } from './tree-files.ts'

const pageOfNames = 1000

export interface RepositoryWalk {
  /** Only names after this one. */
  readonly after?: string | undefined
  /** Told of folders that can be no repositories, by their path below `repositories`. */
  readonly onStrange?: ((path: string) => void) | undefined
}

/**
 * The repositories of a tree in the order of the bytes of their names, which is not that of a walk: `a`, `a-b`, `a/b`. So each
 * folder stands for a repository, and with a slash behind it for those below it. Symbolic links are not followed.
 */
export async function* walkRepositories(root: string, walk: RepositoryWalk = {}): AsyncGenerator<RepositoryName> {
  yield* walkBelow({ root, names: ['repositories'] }, '', walk)
}

async function* walkBelow(folder: TreeFolder, prefix: string, walk: RepositoryWalk): AsyncGenerator<RepositoryName> {
  const { after = '' } = walk
  const keysOf = (entry: Dirent): readonly string[] => keysFor(entry, prefix, walk)
  for (let last = ''; ; ) {
    const page = await firstKeys(folder, { after: last, limit: pageOfNames, keysOf })
    for (const key of page) {
      const path = prefix + key
      const inside = { ...folder, names: [...folder.names, key.replace('/', '')] }
      if (key.endsWith('/')) {
        if (path > after || after.startsWith(path)) yield* walkBelow(inside, path, walk)
      } else if (path > after && isName(path) && (await isRepository(inside))) yield path
    }
    if (page.length < pageOfNames) return
    last = page.at(-1) ?? ''
  }
}

/** Below a name that can be none there are none. */
function keysFor(entry: Dirent, prefix: string, { onStrange }: RepositoryWalk): readonly string[] {
  const { name } = entry
  if (name.startsWith('_')) return []
  if (entry.isDirectory() && isName(prefix + name)) return [name, `${name}/`]
  onStrange?.(prefix + name)
  return []
}

async function isRepository({ root, names }: TreeFolder): Promise<boolean> {
  for (const inner of ['_manifests', '_layers']) {
    const folder = await openInside(root, [...names, inner], 'folder').catch(() => undefined)
    await folder?.handle.close()
    if (folder !== undefined) return true
  }
  return false
}
