import { dirname } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import type { StoreOptions } from './blob-types.ts'
import type { Files } from './files.ts'
import type { FolderSyncs } from './folder-syncs.ts'
import { blobPlace, type RegistryLayout } from './layout.ts'

/** Gives files that are whole and synced the names of blobs. */
export interface BlobPlaces {
  /** Resolves when `file` is the blob `digest` durably, or one of this size that was there is kept. `file` may keep its name. */
  place(file: string, blob: PlacedBlob): Promise<void>
  /** Resolves when all names in the folder `path` lies in are durable. */
  syncNames(path: string): Promise<void>
}

export interface PlacedBlob extends StoreOptions {
  readonly digest: Digest
  readonly size: number
}

export interface PlaceOptions {
  readonly layout: RegistryLayout
  readonly files: Files
  readonly syncs: FolderSyncs
  readonly isSynced: boolean
  /** Called when a name leads to another file than before. */
  readonly onReplaced: (path: string) => void
}

/**
 * Names are given by `link`, which never takes the place of a file that is there, whoever is first. A sync that failed is
 * not asked again, as the system tells of a lost write only once: a name that is new is taken away, so that the next push
 * writes anew. One that was there is not, as others may have that blob: whichever file it leads to after a power cut.
 */
export function createBlobPlaces({ layout, files, syncs, isSynced, onReplaced }: PlaceOptions): BlobPlaces {
  /** Folders of blobs whose own names are durable. A process asks once for each, for an earlier one may have been cut off. */
  const durable = new Set<string>()

  const syncNames = async (path: string): Promise<void> => {
    if (isSynced) await syncs.sync(dirname(path))
  }
  const ensureFolder = async (folder: string): Promise<void> => {
    if (durable.has(folder)) return
    await files.makeFolder(folder)
    await syncNames(folder)
    durable.add(folder)
  }
  const syncOrTakeAway = async (target: string): Promise<void> => {
    try {
      await syncNames(target)
    } catch (error) {
      await files.remove(target).catch(() => false)
      onReplaced(target)
      throw error
    }
  }
  const replace = async (file: string, target: string): Promise<void> => {
    const isNew = (await files.size(target)) === undefined
    await files.rename(file, target)
    onReplaced(target)
    await (isNew ? syncOrTakeAway(target) : syncNames(target))
  }
  /** True when one of this size is there, which is now durable whoever wrote it. One that cannot be synced counts as none. */
  const keep = async (target: string, size: number): Promise<boolean> => {
    const there = await files.open(target, 'read')
    if (there === undefined) return false
    try {
      if (there.look().size !== size) return false
      if (isSynced) await there.sync()
    } catch {
      return false
    } finally {
      await there.close()
    }
    await syncNames(target)
    return true
  }

  return {
    syncNames,
    place: async (file, { digest, size, replace: isReplaced = false }) => {
      const { folder, file: target } = blobPlace(layout, digest)
      await ensureFolder(folder)
      try {
        await files.link(file, target)
      } catch (error) {
        if (!canRename(error)) throw error
        return !isReplaced && (await keep(target, size)) ? undefined : replace(file, target)
      }
      await syncOrTakeAway(target)
    },
  }
}

/** A file is there, or this filesystem has no hard links. */
function canRename(error: unknown): boolean {
  return ['EEXIST', 'EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')
}
