import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { isOwnerAlive, ownOwner } from '../../shared/cas/owner.ts'

/** A folder in another one for what is not finished, of which there is one at a time. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string
}

/**
 * Makes a work folder `PREFIX-OWNER` in `parent`, where it lies until it is disposed of, and removes those of processes that
 * are gone, each after `beforeRemoval` resolved for it. Errors: SERVER_BUSY when another process has one; DISK_FULL is left to the
 * caller.
 */
export async function claimWorkFolder(
  parent: string,
  prefix: string,
  beforeRemoval: (path: string) => Promise<void> = async () => undefined,
): Promise<WorkFolder> {
  const path = join(parent, `${prefix}-${ownOwner()}`)
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    throw errnoOf(error) === 'EEXIST' ? busy(parent) : error
  })
  try {
    for (const other of await workFolders(parent, prefix)) {
      if (other.path === path) continue
      if (other.isAlive) throw busy(parent)
      await beforeRemoval(other.path)
      await rm(other.path, { recursive: true, force: true })
    }
  } catch (error) {
    await rm(path, { recursive: true, force: true })
    throw error
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Work folders that are in a folder, also those that a killed process left; none where there is no such folder. */
export async function workFolders(
  parent: string,
  prefix: string,
): Promise<readonly { readonly path: string; readonly isAlive: boolean }[]> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return []
    throw error
  })
  const mine = names.filter((name) => name.startsWith(`${prefix}-`))
  return Promise.all(
    mine.map(async (name) => {
      const path = join(parent, name)
      const touched = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0
      return { path, isAlive: isOwnerAlive(name.slice(prefix.length + 1), touched) }
    }),
  )
}

function busy(folder: string): IbuildError {
  return new IbuildError('SERVER_BUSY', `another process is writing to ${folder}`, { hint: 'Wait until it has ended.' })
}
