import type { ServiceParts } from './parts.ts'
import type { UploadSession, UploadSessions } from './upload-sessions.ts'

/** Finds uploads that were given up. */
export interface AbandonedUploads {
  /** Removes the sessions that nobody uses; `isCrowded` also those idle for a while only. Resolves with their number. */
  dropStale(isCrowded: boolean): Promise<number>
  /** Removes these sessions, and bytes without one. Resolves with the number of sessions. */
  purge(): Promise<number>
  /** Resolves when nothing is removed any more. */
  close(): Promise<void>
}

export interface AbandonedParts extends Pick<ServiceParts, 'driver' | 'guard' | 'housekeep'> {
  readonly sessions: UploadSessions
  readonly drop: (session: UploadSession) => Promise<void>
  /** Milliseconds between looks for what was given up; without it only {@link AbandonedUploads.purge} looks. */
  readonly purgeEvery?: number | undefined
}

export function createAbandonedUploads({
  driver,
  guard,
  housekeep,
  sessions,
  drop,
  purgeEvery,
}: AbandonedParts): AbandonedUploads {
  const dropStale = async (isCrowded: boolean): Promise<number> => {
    let dropped = 0
    for (const session of await sessions.stale(isCrowded)) {
      // It may have been taken up while another one was dropped.
      if (!sessions.isStale(session, isCrowded)) continue
      guard()
      session.isBusy = true
      await drop(session)
      dropped++
    }
    return dropped
  }
  /** Bytes whose session a power cut took, and what a killed process left. Those of a new session come after it. */
  const removeStrays = async (): Promise<void> => {
    for (const id of await driver.listUploads()) {
      guard()
      if (!(await sessions.has(id))) await driver.removeUpload(id)
    }
  }
  const purge = async (): Promise<number> => {
    const dropped = await dropStale(false)
    await removeStrays()
    return dropped
  }
  let purging: Promise<unknown> = Promise.resolve()
  const look = (): void => {
    purging = housekeep(async () => void (await purge())).catch(() => undefined)
  }
  const timer = purgeEvery === undefined ? undefined : setInterval(look, purgeEvery).unref()
  return {
    dropStale,
    purge,
    close: async () => {
      clearInterval(timer)
      await purging
    },
  }
}
