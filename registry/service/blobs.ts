import type { Digest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import { ChangeConflict } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { parseName } from '../protocol/names.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import { bytesReader } from '../storage/bytes-reader.ts'
import { linkedRows, linkRows } from '../storage/rows.ts'
import { requireRemovable } from './immutable-content.ts'
import { type Links, linkedBlob } from './links.ts'
import type { Requester } from './occurrence.ts'
import type { ServiceParts } from './parts.ts'
import { createSmallBlobs } from './small-blobs.ts'
import type { TagChanger } from './tag-change.ts'
import type { BlobService, MountOptions } from './types.ts'
import { removeRows } from './unused-blobs.ts'
import { isIntact } from './verify-blob.ts'

export interface BlobParts extends ServiceParts, Pick<TagChanger, 'immutableBy'> {
  readonly links: Links
}

export interface Blobs extends BlobService {
  /** True when the bytes of a blob are there, as far as their number tells, whichever repository has it. */
  hasBytes(digest: Digest, size: number): Promise<boolean>
}

/** So many repositories with a blob are looked at to find one that it may be mounted from. */
const lookedAt = 1000

/** {@link BlobService} over a driver and the metadata. */
export function createBlobService(parts: BlobParts): Blobs {
  const { driver, metadata, locks, links, guard, housekeep, quota, tell, now } = parts
  const small = createSmallBlobs()

  const stored = async (name: RepositoryName, digest: Digest): Promise<number> => {
    const size = await links.size(name, digest)
    if (size === undefined) throw blobUnknown(name, digest)
    return size
  }
  /** Who is told that they are not there asks for the blob again: he must not hear of it from memory, and not push it then. */
  const hasBytes = async (digest: Digest, size: number): Promise<boolean> => {
    if ((await driver.size(digest)) === size) return true
    small.delete(digest)
    return false
  }
  /** Takes bytes away that are not the blob. Under the lock, for a push may have healed it meanwhile. */
  const setAsideUnless: BlobService['setAsideUnless'] = (digest, isRight) =>
    locks.run(digest, async () => {
      const reader = await driver.open(digest)
      if (reader === undefined) return false
      try {
        if (await isRight(reader)) return false
      } finally {
        await reader.close()
      }
      small.delete(digest)
      await housekeep(() => driver.setAside(digest))
      return true
    })
  /** What to tell of a blob whose bytes are not as its row says. That row may have been removed since it was read. */
  const damaged = async (name: RepositoryName, digest: Digest, size: number): Promise<RegistryError> => {
    await setAsideUnless(digest, async (reader) => reader.size === size && isIntact(digest, reader))
    if ((await metadata.get(linkRows.key(name, digest))) === undefined) return blobUnknown(name, digest)
    return new RegistryError('UNKNOWN', `the blob ${digest} is damaged here: push it again`, { detail: { digest } })
  }

  const opened = async (digest: Digest, size: number): Promise<BlobReader | undefined> => {
    const reader = await driver.open(digest)
    if (reader?.size === size && (await small.read(digest, reader))) return reader
    await reader?.close()
    return undefined
  }

  /** False when something came meanwhile that may keep it. */
  const isRemoved = async (name: RepositoryName, digest: Digest, by: Requester | undefined): Promise<boolean> => {
    const key = linkRows.key(name, digest)
    if ((await metadata.get(key)) === undefined) throw blobUnknown(name, digest)
    const expect = await requireRemovable(parts, name, digest)
    const remove = [key, linkedRows.key(digest, name)]
    const append = tell([{ action: 'delete', kind: 'blob', name, digest }], by)
    try {
      await removeRows(parts, digest, { remove, append, expect })
      return true
    } catch (error) {
      if (error instanceof ChangeConflict) return false
      throw error
    } finally {
      links.removed(name, digest)
    }
  }

  /** Where the blob can be taken from, and its size there. */
  const findSource = async (digest: Digest, options: MountOptions): Promise<Source | undefined> => {
    const { from, isVisible = () => true } = options
    const candidates = from === undefined ? await repositoriesWith(digest) : [from]
    const source = candidates.find((name) => isVisible(name))
    const size = source === undefined ? undefined : await links.size(source, digest)
    return source === undefined || size === undefined ? undefined : { name: source, size }
  }
  const repositoriesWith = async (digest: Digest): Promise<RepositoryName[]> => {
    const rows = await metadata.list({ prefix: linkedRows.prefix(digest), limit: lookedAt })
    return rows.map(({ key }) => parseName(lastPart(key)))
  }

  return {
    hasBytes,
    setAsideUnless,

    size: async (name, digest) => {
      const size = await stored(name, digest)
      if (await hasBytes(digest, size)) return size
      // A client that is told that the blob is there would not push it: and only that heals it.
      await damaged(name, digest, size)
      throw blobUnknown(name, digest)
    },

    open: async (name, digest) => {
      const size = await stored(name, digest)
      const bytes = small.get(digest)
      if (bytes !== undefined) return bytesReader(bytes)
      const reader = await opened(digest, size)
      if (reader !== undefined) return reader
      const problem = await damaged(name, digest, size)
      // Removed and pushed again since its row was read, it is whole by now.
      const again = problem.code === 'UNKNOWN' ? await opened(digest, size) : undefined
      if (again === undefined) throw problem
      return again
    },

    peek: (name, digest) => (links.peek(name, digest) === undefined ? undefined : small.get(digest)),

    reportCorrupt: async (name, digest) => {
      if ((await links.size(name, digest)) === undefined) return
      await setAsideUnless(digest, async (reader) => isIntact(digest, reader))
    },

    remove: async (name, digest, by) => {
      guard()
      await locks.run(digest, async () => {
        while (!(await isRemoved(name, digest, by)));
      })
    },

    mount: async (name, digest, options) => {
      guard()
      return locks.run(digest, async () => {
        const source = await findSource(digest, options)
        if (source === undefined || !(await hasBytes(digest, source.size))) return false
        if ((await links.size(name, digest)) !== undefined) return true
        const { name: from, size } = source
        const append = tell([{ action: 'mount', kind: 'blob', name, digest, size, from }], options.by)
        const put = linkedBlob(name, digest, { size, at: now() })
        await quota.during(name, size, () => metadata.commit({ put, append }))
        links.added(name, digest, size)
        return true
      })
    },
  }
}

interface Source {
  readonly name: RepositoryName
  /** Bytes. */
  readonly size: number
}

function blobUnknown(name: RepositoryName, digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', `${name} has no blob ${digest}`, { detail: { digest } })
}
