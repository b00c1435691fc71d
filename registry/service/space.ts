import { isIbuildError } from '../../shared/base/errors.ts'
import { RegistryError } from '../protocol/error.ts'
import type { BlobDriver } from '../storage/blob-types.ts'

/** Keeps uploads from filling the disk: deleting, and the database, need some of it. */
export interface SpaceGuard {
  /** UNAVAILABLE (507) when so many bytes more would leave less than the reserve. */
  check(bytes: number): Promise<void>
  /** The same, and counts them as taken as long as they are to come. */
  promise(bytes: number): Promise<SpacePromise>
}

export interface SpacePromise {
  /** So many of the bytes were written: the disk counts them now. */
  written(bytes: number): void
  /** No more will come. */
  end(): void
}

export interface SpaceOptions {
  readonly driver: Pick<BlobDriver, 'space'>
  /** Bytes that stay free; {@link usualReserve} unless told otherwise. */
  readonly reserve?: number | undefined
  /** Milliseconds. */
  readonly now: () => number
}

const gibibyte = 2 ** 30
/** Milliseconds for which what the disk said is believed. */
const fresh = 500
const retryAfter = 60

/** The twentieth part of the disk or 2 GiB, whichever is more; on a small disk not more than its tenth part. */
export function usualReserve(total: number): number {
  return Math.min(Math.max(total / 20, 2 * gibibyte), total / 10)
}

export function createSpaceGuard({ driver, reserve, now }: SpaceOptions): SpaceGuard {
  let promised = 0
  let asked: { readonly at: number; readonly space: ReturnType<BlobDriver['space']> } | undefined

  const check = async (bytes: number): Promise<void> => {
    if (asked === undefined || Math.abs(now() - asked.at) > fresh) asked = { at: now(), space: driver.space() }
    const space = await asked.space
    if (space === undefined) return
    if (space.free - promised - bytes < (reserve ?? usualReserve(space.total))) throw diskFull()
  }
  return {
    check,
    promise: async (bytes) => {
      await check(bytes)
      promised += bytes
      let left = bytes
      const take = (count: number): void => {
        promised -= Math.min(count, left)
        left -= Math.min(count, left)
      }
      return { written: take, end: () => take(left) }
    },
  }
}

/** Does work that writes; a full disk becomes an answer that says so. */
export async function unlessDiskFull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isIbuildError(error, 'DISK_FULL') ? diskFull(error) : error
  }
}

function diskFull(cause?: unknown): RegistryError {
  return new RegistryError('UNAVAILABLE', 'the disk of the registry is full: try again later, or delete images', {
    status: 507,
    headers: { 'Retry-After': String(retryAfter) },
    cause,
  })
}
