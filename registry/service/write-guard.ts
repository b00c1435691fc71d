import { isIbuildError } from '../../shared/base/errors.ts'
import { inTime } from '../../shared/base/in-time.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { settingRows } from '../storage/rows.ts'
import { unlessDiskFull } from './space.ts'

/** What all that writes passes through. */
export interface WriteGuard {
  /** DENIED with 405 when the registry is read-only; UNAVAILABLE with Retry-After when it is closing. */
  check(): void
  /** Runs work that writes; a store that cannot be written is UNAVAILABLE as well. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** The same for work that nobody asked for; does nothing where {@link check} throws. */
  housekeep(work: () => Promise<void>): Promise<void>
  /** How many of both are going on. */
  readonly running: number
  /** How many of them somebody asked for. */
  readonly asked: number
  readonly isReadOnly: boolean
  /** Once read-only: resolves when all that ran is done, or after `patience` with some of it still running. */
  setReadOnly(isReadOnly: boolean): Promise<void>
  /** Refuses all from now on, and resolves when what runs is done. */
  close(): Promise<void>
}

export interface WriteGuardOptions {
  /** Read-only also while this says so; nothing of it is kept. */
  readonly isForced?: (() => boolean) | undefined
  /** Milliseconds. Default {@link usualPatience}. */
  readonly patience?: number | undefined
}

/** A client that sends nothing holds its upload for longer; all else that writes is done much sooner. */
const usualPatience = 15_000

const readOnlyKey = settingRows.key('read-only')
/** Seconds after which a client may try again. */
const retryAfter = { closing: 5, failed: 10 }

export async function createWriteGuard(
  metadata: RowStore,
  { isForced = () => false, patience = usualPatience }: WriteGuardOptions = {},
): Promise<WriteGuard> {
  let isSet = parseFlag(await metadata.get(readOnlyKey))
  let isClosing = false
  const running = new Set<Promise<unknown>>()
  let unasked = 0
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isClosing) throw unavailable('the registry is being stopped', retryAfter.closing)
    const result = unlessUnwritable(work)
    running.add(result)
    try {
      return await result
    } finally {
      running.delete(result)
    }
  }
  return {
    check: () => {
      if (isClosing) throw unavailable('the registry is being stopped', retryAfter.closing)
      if (isSet || isForced()) throw readOnly()
    },
    run,
    housekeep: async (work) => {
      if (isClosing || isSet || isForced()) return
      unasked++
      await run(work).finally(() => unasked--)
    },
    get running() {
      return running.size
    },
    get asked() {
      return running.size - unasked
    },
    get isReadOnly() {
      return isSet || isForced()
    },
    setReadOnly: async (isReadOnly) => {
      await run(() => metadata.commit({ put: [settingRows.row(['read-only'], isReadOnly)] }))
      isSet = isReadOnly
      if (isReadOnly) await inTime(Promise.allSettled(running), patience, undefined)
    },
    close: async () => {
      isClosing = true
      await Promise.allSettled(running)
    },
  }
}

function parseFlag(value: string | undefined): boolean {
  return value !== undefined && settingRows.parse(readOnlyKey, value) === true
}

async function unlessUnwritable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await unlessDiskFull(work)
  } catch (error) {
    if (!isIbuildError(error, 'SYSTEM_CALL')) throw error
    throw unavailable('the registry cannot write for now', retryAfter.failed, error)
  }
}

/**
 * Nobody knows when it ends, so nothing asks to wait for it. This status with this code is what docker, podman, skopeo and we
 * show at once: 503 they try again for minutes without the message, and podman tries UNSUPPORTED again.
 */
function readOnly(): RegistryError {
  const message = 'the registry is read-only for now: nothing can be pushed or deleted'
  return new RegistryError('DENIED', message, { status: 405, headers: { Allow: 'HEAD, GET' } })
}

function unavailable(message: string, seconds: number, cause?: unknown): RegistryError {
  return new RegistryError('UNAVAILABLE', message, { headers: { 'Retry-After': String(seconds) }, cause })
}
