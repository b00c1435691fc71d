import { realpathSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'

/** Below what is given, where the folder with `blobs` and `repositories` may be. */
const places = ['', 'docker/registry/v2', 'registry/v2', 'v2']

/**
 * The folder `docker/registry/v2` of a distribution registry, which is the one given or lies below it; an absolute path without
 * links. Errors: ADOPTION_INVALID, when there is none, or when its parts are symbolic links.
 */
export function findTree(folder: string): string {
  for (const place of places) {
    const root = realOf(join(folder, place))
    if (root !== undefined && isFolder(join(root, 'repositories')) && isFolder(join(root, 'blobs')))
      return checked(root)
  }
  throw new IbuildError('ADOPTION_INVALID', `${folder} is not the storage of a registry`, {
    hint: "Name what distribution's storage.filesystem.rootdirectory names: it holds docker/registry/v2.",
  })
}

function checked(root: string): string {
  for (const name of ['repositories', 'blobs']) {
    if (realOf(join(root, name)) === join(root, name)) continue
    throw new IbuildError('ADOPTION_INVALID', `${join(root, name)} is a symbolic link, and links are not followed`, {
      hint: 'Mount the folder there with mount --bind.',
    })
  }
  return root
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (cause) {
    const code = errnoOf(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new IbuildError('ADOPTION_INVALID', `${path} cannot be read (${code ?? 'unknown reason'})`, { cause })
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** True while the tree is where it was: an empty mount point is not taken for a registry without images. */
export async function isThere(root: string): Promise<boolean> {
  const found = await Promise.all(
    ['repositories', 'blobs'].map((name) =>
      stat(join(root, name)).then(
        (each) => each.isDirectory(),
        () => false,
      ),
    ),
  )
  return found.every(Boolean)
}

/** When a blob was written there for the last time, as far as its folders tell; milliseconds since the epoch. */
export async function lastWrite(root: string): Promise<number> {
  let last = 0
  for (const algorithm of ['sha256', 'sha512']) {
    const folder = join(root, 'blobs', algorithm)
    for (const name of await readdir(folder).catch(() => [])) {
      if (!/^[0-9a-f]{2}$/.test(name)) continue
      const found = await stat(join(folder, name)).catch(() => undefined)
      last = Math.max(last, Math.floor(found?.mtimeMs ?? 0))
    }
  }
  return last
}
