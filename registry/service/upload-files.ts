import type { BlobDriver } from '../storage/blob-types.ts'
import type { HashPool } from '../storage/intake/hash-pool.ts'
import type { Slabs } from '../storage/intake/slabs.ts'
import { createUploadDigest } from '../storage/intake/upload-digest.ts'
import type { OpenSession, UploadSession } from './upload-sessions.ts'

/** The bytes of sessions, open while they are used and a little longer. */
export interface UploadFiles {
  /** Undefined when bytes that were acknowledged are not there any more. An upload without any is made when it is first opened. */
  open(session: UploadSession): Promise<OpenSession | undefined>
  /** To be called when a request is done with a session: when none follows, its bytes are closed. */
  rest(session: UploadSession): void
  close(session: UploadSession): Promise<void>
}

export interface UploadFileParts {
  readonly driver: BlobDriver
  readonly hashes: HashPool
  readonly slabs: Slabs
  /** Milliseconds after which bytes that nobody uses are closed. */
  readonly restTime?: number
}

export function createUploadFiles({ driver, hashes, slabs, restTime = 60_000 }: UploadFileParts): UploadFiles {
  const timers = new Map<UploadSession, NodeJS.Timeout>()

  const close = async (session: UploadSession): Promise<void> => {
    clearTimeout(timers.get(session))
    timers.delete(session)
    const { open } = session
    session.open = undefined
    await open?.digest.forget()
    await open?.bytes.close()
  }
  return {
    open: async (session) => {
      clearTimeout(timers.get(session))
      if (session.open !== undefined) return session.open
      const { offset, algorithm } = session.row
      const there = await driver.openUpload(session.id, offset)
      if (there === undefined && offset > 0) return undefined
      const bytes = there ?? (await driver.createUpload(session.id))
      session.open = { bytes, digest: createUploadDigest({ upload: bytes, algorithm, pool: hashes, slabs }) }
      return session.open
    },
    rest: (session) => {
      clearTimeout(timers.get(session))
      timers.delete(session)
      if (session.open === undefined) return
      const closeIfIdle = (): void => {
        if (!session.isBusy) close(session).catch(() => undefined)
      }
      timers.set(session, setTimeout(closeIfIdle, restTime).unref())
    },
    close,
  }
}
