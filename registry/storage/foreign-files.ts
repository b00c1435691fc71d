import { join } from 'node:path'
import { errnoOf } from '../../shared/base/errors.ts'
import { mapDiskFull } from '../../shared/cas/disk.ts'
import type { BlobDriver, BlobReader } from './blob-types.ts'
import type { Files } from './files.ts'
import { blobPlace, type RegistryLayout } from './layout.ts'
import { temporaryName } from './own-file.ts'
import type { BlobPlaces } from './place-blob.ts'

export interface ForeignFilesOptions {
  readonly layout: RegistryLayout
  /** Where files lie that are not blobs yet. */
  readonly uploads: string
  readonly files: Files
  readonly places: BlobPlaces
  readonly isSynced: boolean
  /** Names of files that nobody may take for left over. */
  readonly putting: Set<string>
}

/** Files that others made become blobs, and blobs files of others: see {@link BlobDriver}. */
export function createForeignFiles(options: ForeignFilesOptions): Pick<BlobDriver, 'adopt' | 'give'> {
  const { layout, uploads, files, places, isSynced, putting } = options

  const linkOrCopy = async (from: string, to: string): Promise<'linked' | 'copied'> => {
    try {
      await files.link(from, to)
      return 'linked'
    } catch (error) {
      if (!canCopy(error)) throw error
      await mapDiskFull(async () => files.copy(from, to))
      return 'copied'
    }
  }

  const adopt: BlobDriver['adopt'] = async (digest, path, isRight) => {
    const name = temporaryName()
    const own = join(uploads, name)
    putting.add(name)
    try {
      const how = await linkOrCopy(path, own)
      const file = await files.open(own, 'read')
      if (file === undefined) throw new Error(`${own} is gone`)
      try {
        const { size } = file.look()
        const read: BlobReader['read'] = async (target, position) => file.read(target, position)
        const reader = { size, read, close: async () => undefined }
        if (!(await isRight(reader))) return 'refused'
        if (isSynced) await file.sync()
        // In the place of what is there: the name in the uploads may be moved, that of others stays.
        await mapDiskFull(async () => places.place(own, { digest, size, replace: true }))
        return how
      } finally {
        await file.close()
      }
    } finally {
      await files.remove(own).catch(() => false)
      putting.delete(name)
    }
  }

  return {
    adopt,
    give: async (digest, path) => {
      try {
        await files.link(blobPlace(layout, digest).file, path)
        return true
      } catch (error) {
        if (canCopy(error) || errnoOf(error) === 'ENOENT') return false
        throw error
      }
    },
  }
}

/** Another filesystem, one without hard links, or a file that is not ours to link. */
function canCopy(error: unknown): boolean {
  return ['EXDEV', 'EPERM', 'EACCES', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')
}
