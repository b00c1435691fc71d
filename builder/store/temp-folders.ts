import { mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { mapDiskFullSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { isOwnerAlive, ownOwner } from '../../shared/cas/owner.ts'
import { removeTree } from './remove-tree.ts'
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
    if (!made) {
      mapDiskFullSync(() => mkdirSync(own, { recursive: true, mode: 0o700 }))
      removeAtExit(own)
    }
    made = true
    return path.join(own, `${prefix}-${counter++}`)
  }
  return {
    name,
    folder: (prefix) => {
      const dir = name(prefix)
      mapDiskFullSync(() => mkdirSync(dir))
      return { dir, release: async () => removeTree(dir) }
    },
    clearDead: () => {
      for (const owner of deadOwners(parent)) removeQuietly(path.join(parent, owner))
    },
  }
}

const ownFolders = new Set<string>()

/** Only when it is empty: what is in it may be mounted in this process. The next process that opens the store clears it. */
function removeAtExit(folder: string): void {
  if (ownFolders.size === 0) process.once('exit', () => ownFolders.forEach(removeEmpty))
  ownFolders.add(folder)
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {}
}

function deadOwners(parent: string): string[] {
  return namesIn(parent).filter((owner) => {
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
