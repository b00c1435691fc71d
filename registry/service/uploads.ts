import { randomUUID } from 'node:crypto'
import { algorithmOf, type Digest } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { HashPool } from '../storage/intake/hash-pool.ts'
import { createSlabs } from '../storage/intake/slabs.ts'
import { doomedRows, type UploadRow, uploadRows } from '../storage/rows.ts'
import { createAbandonedUploads } from './abandoned-uploads.ts'
import { type Links, linkedBlob } from './links.ts'
import type { ServiceParts } from './parts.ts'
import { QuotaExceeded } from './quota.ts'
import { unlessDiskFull } from './space.ts'
import type { OpenUpload, StartOptions, UploadBody, UploadEnd, UploadService, UploadState } from './types.ts'
import { removeUnnamed } from './unused-blobs.ts'
import { receiveBody, tooLarge } from './upload-body.ts'
import { createUploadFiles } from './upload-files.ts'
import { type UploadLimits, usualUploadLimits } from './upload-limits.ts'
import { type OpenSession, type UploadSession, UploadSessions } from './upload-sessions.ts'

export interface UploadParts extends ServiceParts {
  readonly links: Links
  readonly hashes: HashPool
  readonly limits?: Partial<UploadLimits> | undefined
  /** Milliseconds between looks for uploads that were given up; without it only {@link Uploads.purge} looks. */
  readonly purgeEvery?: number | undefined
}

export interface Uploads extends UploadService {
  /** Removes the sessions that were given up. Resolves with their number. */
  purge(): Promise<number>
  /** Ends what runs by itself. Sessions stay for the next process. */
  close(): Promise<void>
}

/** {@link UploadService} over a driver and the metadata. */
export function createUploadService(parts: UploadParts): Uploads {
  const { driver, metadata, locks, links, space, guard, housekeep, tell, now, elapsed } = parts
  const limits: UploadLimits = { ...usualUploadLimits, ...parts.limits }
  const sessions = new UploadSessions(metadata, limits, parts)
  const slabs = createSlabs()
  const files = createUploadFiles({ ...parts, slabs })

  /** The rows go first: bytes that are left over are nobody's, but rows without bytes would be wrong. */
  const drop = async (session: UploadSession): Promise<void> => {
    sessions.delete(session)
    await files.close(session)
    try {
      await metadata.commit({ remove: [uploadRows.key(session.id)], isMinor: true })
    } finally {
      await driver.removeUpload(session.id)
    }
    if (session.row.digest !== undefined) await removeUnnamed(parts, session.row.digest)
  }
  /**
   * Makes all bytes durable and writes down how many. What could not be synced is lost for good, and nobody knows how much of
   * it: then the session is over.
   */
  const acknowledge = async (session: UploadSession, { bytes }: OpenSession): Promise<void> => {
    try {
      await bytes.sync()
    } catch (error) {
      await drop(session)
      throw error
    }
    const row: UploadRow = { ...session.row, offset: bytes.size, at: now() }
    await metadata.commit({ put: [uploadRows.row([session.id], row)] })
    session.row = row
  }
  /** A session whose bytes were lost is none. */
  const opened = async (session: UploadSession): Promise<OpenSession> => {
    const open = await files.open(session)
    if (open !== undefined) {
      if (open.bytes.size !== session.row.offset) await acknowledge(session, open)
      return open
    }
    await drop(session)
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'the upload is lost: start a new one', {
      detail: { id: session.id },
    })
  }

  const withSession = async <T>(
    name: RepositoryName,
    id: string,
    work: (session: UploadSession) => Promise<T>,
  ): Promise<T> => {
    const session = await sessions.get(name, id)
    if (session.isBusy) {
      throw new RegistryError('BLOB_UPLOAD_INVALID', 'another request is using this upload', { status: 409 })
    }
    session.isBusy = true
    try {
      return await unlessDiskFull(async () => work(session))
    } finally {
      session.isBusy = false
      session.usedAt = elapsed()
      files.rest(session)
    }
  }

  /** Takes a body in. What came is acknowledged unless `isLast`, and also then when the session goes on. */
  const receive = async (session: UploadSession, body: UploadBody, isLast: boolean): Promise<OpenSession> => {
    const open = await opened(session)
    const { share } = session
    const failure = await receiveBody(body, { ...open, slabs, space, guard, share, maxSize: limits.blobSize })
    if (failure instanceof QuotaExceeded || (failure instanceof RegistryError && failure.code === 'SIZE_INVALID')) {
      await drop(session)
      throw failure
    }
    if (failure === undefined && isLast) return open
    await acknowledge(session, open)
    if (failure !== undefined) throw failure
    return open
  }

  const checkDigest = async (session: UploadSession, open: OpenSession, expected: Digest): Promise<void> => {
    const { digest, bytes } = open
    const works = [digest.digest(algorithmOf(expected)), bytes.sync({ isLast: true })] as const
    // Both are waited for: nobody may be reading or syncing what is dropped.
    const [found, synced] = await Promise.allSettled(works)
    if (synced.status === 'rejected') {
      await drop(session)
      throw synced.reason
    }
    if (found.status === 'rejected') throw found.reason
    if (found.value === expected) return
    await drop(session)
    const detail = { expected, found: found.value }
    throw new RegistryError('DIGEST_INVALID', `the content has another digest: ${found.value}`, { detail })
  }

  /** Makes the synced bytes the blob, and then writes the rows that name it. */
  const store = async (session: UploadSession, { bytes }: OpenSession, { digest, by }: UploadEnd): Promise<void> => {
    const { id, name } = session
    const { size } = bytes
    session.row = { ...session.row, offset: size, digest }
    await metadata.commit({ put: [uploadRows.row([id], session.row)], isMinor: true })
    await locks.run(digest, async () => {
      try {
        // What is there may be corrupt without anybody having noticed; these bytes are right.
        await bytes.commit(digest, { replace: true })
      } finally {
        await files.close(session)
      }
      await metadata.commit({
        put: linkedBlob(name, digest, { size, at: now() }),
        remove: [uploadRows.key(id), doomedRows.key(digest)],
        append: tell([{ action: 'push', kind: 'blob', name, digest, size }], by),
      })
      links.added(name, digest, size)
    })
    sessions.delete(session)
  }

  const abandoned = createAbandonedUploads({ ...parts, sessions, drop })
  const add = async (row: UploadRow): Promise<UploadSession> => {
    const added = await sessions.add(randomUUID(), row)
    if (added !== undefined) return added
    await abandoned.dropStale(true)
    const again = await sessions.add(randomUUID(), row)
    if (again !== undefined) return again
    throw new RegistryError('TOOMANYREQUESTS', 'too many uploads are open', { headers: { 'Retry-After': '60' } })
  }
  const begin = async (row: UploadRow, length: number): Promise<UploadState> => {
    const session = await add(row)
    try {
      await (length > 0 ? session.share.resize(length) : session.share.check())
      await metadata.commit({ put: [uploadRows.row([session.id], row)], isMinor: true })
    } catch (error) {
      sessions.delete(session)
      throw error
    }
    return stateOf(session)
  }
  return {
    start: async (name, { algorithm = 'sha256', length = 0 }: StartOptions = {}) => {
      guard()
      if (length > limits.blobSize) throw tooLarge(limits.blobSize)
      return unlessDiskFull(async () => {
        await space.check(length)
        return begin({ name, offset: 0, algorithm, startedAt: now(), at: now() }, length)
      })
    },

    state: async (name, id) => {
      const session = await sessions.get(name, id)
      if (!session.isBusy) await housekeep(() => withSession(name, id, async () => void (await opened(session))))
      return stateOf(session)
    },

    append: async (name, id, body) => {
      guard()
      return withSession(name, id, async (session) => {
        await receive(session, body, false)
        return stateOf(session)
      })
    },

    finish: async (name, id, end) => {
      const { digest, body } = end
      guard()
      await withSession(name, id, async (session) => {
        const open = body === undefined ? await opened(session) : await receive(session, body, true)
        await checkDigest(session, open, digest)
        await store(session, open, end)
      })
    },

    cancel: async (name, id) => {
      guard()
      await withSession(name, id, drop)
    },

    list: async () =>
      (await sessions.all()).map((session) => shown(session, now())).sort((a, b) => (a.id < b.id ? -1 : 1)),

    purge: () => abandoned.purge(),

    close: async () => {
      await abandoned.close()
      await using stack = new AsyncDisposableStack()
      for (const session of await sessions.all()) stack.defer(() => files.close(session))
    },
  }
}

function stateOf({ id, row }: UploadSession): UploadState {
  return { id, offset: row.offset }
}

function shown({ id, name, row, isBusy, open }: UploadSession, now: number): OpenUpload {
  const { offset, startedAt, at } = row
  const received = Math.max(offset, open?.bytes.size ?? 0)
  return { id, name, offset, received, isBusy, startedAt, usedAt: isBusy ? now : at }
}
