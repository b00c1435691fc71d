import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { mapDiskFullSync, replaceFileSync } from '../../shared/cas/disk.ts'
import { currentBoot } from '../../shared/cas/owner.ts'
import type { StoreContext } from './context.ts'
import { removeFolder, renameUnlessThere } from './remove-folder.ts'
import { removeTree } from './remove-tree.ts'
import {
  flagFile,
  formatMark,
  type KeyedMark,
  listMarks,
  markFile,
  newMark,
  readMark,
  type SnapshotMark,
} from './snapshot-mark.ts'
import type { Snapshot, SnapshotStore } from './types.ts'

/** What the layer store and garbage collection need beside the public part. */
export interface InternalSnapshotStore extends SnapshotStore {
  /** Moves `dir` in, or removes it when the snapshot is there. */
  commit(dir: string, chainID: Digest, diffID: Digest): Promise<Snapshot>
  /** What must be on the disk before it may be marked durable; undefined when it is marked already. */
  unsynced(chainID: Digest): UnsyncedSnapshot | undefined
  /** Marks it durable; the caller then syncs the folder of marks. */
  markDurable(chainID: Digest): void
  marks(): readonly KeyedMark[]
  remove(chainID: Digest): void
  /** Removes folders and flags that no mark names; returns how many folders. Only under the exclusive lock. */
  removeOrphans(): number
}

export interface UnsyncedSnapshot {
  readonly tree: string
  /** Files and folders beside the tree. */
  readonly paths: readonly string[]
}

export function createSnapshotStore(context: StoreContext): InternalSnapshotStore {
  const { layout, temps } = context
  const dirOf = ({ id }: SnapshotMark): string => path.join(layout.snapshots, id)

  const trustedMark = (chainID: Digest): SnapshotMark | undefined => {
    const mark = readMark(layout, chainID)
    if (mark === undefined || !existsSync(dirOf(mark))) return undefined
    return mark.boot === currentBoot() || existsSync(flagFile(layout, chainID, mark)) ? mark : undefined
  }
  const get = (chainID: Digest): Snapshot | undefined => {
    const mark = trustedMark(chainID)
    return mark && { dir: dirOf(mark) }
  }

  /**
   * The mark comes first and the folder after it, so there is never a folder that nothing names. Its id depends on the
   * boot: a folder of that name was moved in whole by a process of this boot, never left by an older one.
   */
  const moveIn = (dir: string, chainID: Digest, diffID: Digest): Snapshot => {
    const old = readMark(layout, chainID)
    const mark = newMark(layout, chainID, diffID)
    replaceFileSync(markFile(layout, chainID), temps.name(), formatMark(mark))
    if (!renameUnlessThere(dir, dirOf(mark))) rmSync(dir, { recursive: true, force: true })
    if (old !== undefined && old.id !== mark.id) removeFolder(temps, dirOf(old))
    return { dir: dirOf(mark) }
  }
  const commit = async (dir: string, chainID: Digest, diffID: Digest): Promise<Snapshot> =>
    context.underShared(async () => {
      const known = get(chainID)
      if (known === undefined) return mapDiskFullSync(() => moveIn(dir, chainID, diffID))
      await removeTree(dir)
      return known
    })

  return {
    get,
    commit,
    create: () => {
      const dir = temps.name('s')
      mapDiskFullSync(() => mkdirSync(dir))
      return {
        dir,
        commit: async (chainID, diffID) => commit(dir, chainID, diffID),
        discard: async () => removeTree(dir),
      }
    },
    unsynced: (chainID) => {
      const mark = trustedMark(chainID)
      if (mark === undefined || existsSync(flagFile(layout, chainID, mark))) return undefined
      return { tree: dirOf(mark), paths: [markFile(layout, chainID), layout.snapshotMarks, layout.snapshots] }
    },
    markDurable: (chainID) => {
      const mark = trustedMark(chainID)
      if (mark !== undefined) writeFileSync(flagFile(layout, chainID, mark), '')
    },
    marks: () => listMarks(layout),
    remove: (chainID) => {
      const mark = readMark(layout, chainID)
      rmSync(markFile(layout, chainID), { force: true })
      if (mark === undefined) return
      removeFolder(temps, dirOf(mark))
      rmSync(flagFile(layout, chainID, mark), { force: true })
    },
    removeOrphans: () => {
      const marks = listMarks(layout)
      removeStrayMarks(marks)
      const named = new Set(marks.map(({ mark }) => mark.id))
      const orphans = readdirSync(layout.snapshots).filter((id) => !named.has(id))
      for (const id of orphans) removeFolder(temps, path.join(layout.snapshots, id))
      return orphans.length
    },
  }

  /** Flags of folders that are gone, and marks that are damaged. */
  function removeStrayMarks(marks: readonly KeyedMark[]): void {
    const kept = new Set(
      marks.flatMap(({ chainID, mark }) => [markFile(layout, chainID), flagFile(layout, chainID, mark)]),
    )
    for (const name of readdirSync(layout.snapshotMarks)) {
      const file = path.join(layout.snapshotMarks, name)
      if (!kept.has(file)) rmSync(file, { force: true })
    }
  }
}
