import { IbuildError } from '../../shared/base/errors.ts'
import { joinPath, type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import type { FileTree } from './tree.ts'

/** As many links are followed as Linux follows in one path, and some more. */
const maxLinks = 255

export interface Resolved {
  readonly path: LayerPath
  /** What is there; a symlink only when the last link was not to be followed. */
  readonly entry: LayerEntry | undefined
}

/**
 * Where a path leads in a tree when symlinks are followed as a process with that root would: absolute ones start at the
 * root, `..` stops there. Components that do not exist are kept as they are. `path` may be absolute and have `.`, `..` and
 * double slashes. SYMLINK_LOOP after {@link maxLinks} links.
 */
export function resolvePath(
  tree: Pick<FileTree, 'lstat'>,
  path: string,
  options: { readonly followLast: boolean },
): Resolved {
  let at: Resolved = { path: '', entry: tree.lstat('') }
  // Components still to go, the next one last.
  const ahead = componentsOf(path).reverse()
  let links = 0
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    const next = step(tree, at.path, name)
    if (next.entry?.type !== 'symlink' || (ahead.length === 0 && !options.followLast)) {
      at = next
      continue
    }
    if (++links > maxLinks) throw new IbuildError('SYMLINK_LOOP', `too many symbolic links at ${JSON.stringify(path)}`)
    const target = next.entry.linkname
    if (target.startsWith('/')) at = { path: '', entry: tree.lstat('') }
    ahead.push(...componentsOf(target).reverse())
  }
  return at
}

function step(tree: Pick<FileTree, 'lstat'>, directory: LayerPath, name: string): Resolved {
  const path = name === '..' ? parentOf(directory) : joinPath(directory, name)
  return { path, entry: tree.lstat(path) }
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
