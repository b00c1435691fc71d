import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { mapDiskFullSync } from '../../shared/cas/disk.ts'
import { isOwnerAlive, ownOwner } from '../../shared/cas/owner.ts'
import type { TempFolder } from './types.ts'

/** Work in progress of this process, below a folder of its own. */
export interface TempFolders {
  /** The name of a file or folder that does not exist yet. */
  name(prefix?: string): string
  /** A new folder. */
  folder(prefix: string): TempFolder
  /** Removes what dead processes left; costs one directory listing when there is nothing. Never fails. */
  clearDead(): void
}

let counter = 0

export function createTempFolders(parent: string): TempFolders {
  let made = false
  const name = (prefix = 'f'): string => {
    const own = path.join(parent, ownOwner())
    if (!made) mapDiskFullSync(() => mkdirSync(own, { recursive: true, mode: 0o700 }))
    made = true
    return path.join(own, `${prefix}-${counter++}`)
  }
  return {
    name,
    folder: (prefix) => {
      const dir = name(prefix)
      mapDiskFullSync(() => mkdirSync(dir))
      return { dir, release: async () => rm(dir, { recursive: true, force: true }) }
    },
    clearDead: () => {
      for (const owner of deadOwners(parent)) removeQuietly(path.join(parent, owner))
    },
  }
}

function deadOwners(parent: string): string[] {
  return readdirSync(parent).filter((owner) => {
    if (owner === ownOwner()) return false
    const changed = statSync(path.join(parent, owner), { throwIfNoEntry: false })?.mtimeMs
    return changed !== undefined && !isOwnerAlive(owner, changed)
  })
}

/** Another process may be clearing the same folder, and a reader may lack the right to; both may leave it to the next. */
function removeQuietly(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true })
  } catch {}
}
