/** What uploads may take. Times are milliseconds, sizes bytes. */
export interface UploadLimits {
  readonly blobSize: number
  /** Sessions in all, and of one repository. */
  readonly sessions: number
  readonly sessionsPerRepository: number
  /** A session that nobody uses is given up after this time. */
  readonly idleTime: number
  /** And any after this, counted from its start, unless bytes are just coming. */
  readonly totalTime: number
}

/** What all that is pushed may take. */
export interface ServiceLimits extends UploadLimits {
  /** Bytes that stay free on the disk; see `space.ts` for what it is when not given. */
  readonly reserve: number | undefined
}

const gibibyte = 2 ** 30
const hour = 60 * 60 * 1000

export const usualUploadLimits: UploadLimits = {
  blobSize: 1024 * gibibyte,
  sessions: 5000,
  sessionsPerRepository: 1000,
  idleTime: 24 * hour,
  totalTime: 7 * 24 * hour,
}

/** A session that is idle for this time makes room for another one where there are too many. */
export const idleEnough: number = hour
