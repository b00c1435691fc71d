import { isIbuildError } from '../../shared/base/errors.ts'
import { RegistryError } from '../protocol/error.ts'
import type { MetadataStore } from '../storage/metadata-types.ts'
import { settingRows } from '../storage/rows.ts'
import { unlessDiskFull } from './space.ts'

/** What all that writes passes through. */
export interface WriteGuard {
  /** DENIED with 405 when the registry is read-only; UNAVAILABLE with Retry-After when it is closing. */
  check(): void
  /** Runs work that writes; a store that cannot be written is UNAVAILABLE as well. {@link close} waits for it. */
  run<T>(work: () => Promise<T>): Promise<T>
  readonly isReadOnly: boolean
  setReadOnly(isReadOnly: boolean): Promise<void>
  /** Refuses all from now on, and resolves when what runs is done. */
  close(): Promise<void>
}

const readOnlyKey = settingRows.key('read-only')
/** Seconds after which a client may try again. */
const retryAfter = { closing: 5, failed: 10 }

/** `isForced`: read-only also while this says so; nothing of it is kept. */
export async function createWriteGuard(
  metadata: MetadataStore,
  isForced: () => boolean = () => false,
): Promise<WriteGuard> {
  let isSet = parseFlag(await metadata.get(readOnlyKey))
  let isClosing = false
  let running = 0
  let onIdle: (() => void) | undefined
  return {
    check: () => {
      if (isClosing) throw unavailable('the registry is being stopped', retryAfter.closing)
      if (isSet || isForced()) throw readOnly()
    },
    run: async (work) => {
      if (isClosing) throw unavailable('the registry is being stopped', retryAfter.closing)
      running++
      try {
        return await unlessUnwritable(work)
      } finally {
        running--
        if (running === 0) onIdle?.()
      }
    },
    get isReadOnly() {
      return isSet || isForced()
    },
    setReadOnly: async (isReadOnly) => {
      await metadata.commit({ put: [settingRows.row(['read-only'], isReadOnly)] })
      isSet = isReadOnly
    },
    close: async () => {
      isClosing = true
      if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve))
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
