import type { Digest, DigestAlgorithm } from '../../../shared/base/digest.ts'
import type { UploadBytes } from '../blob-types.ts'
import type { HashPool } from './hash-pool.ts'
import { hashInline, type RunningHash } from './running-hash.ts'
import type { Slab, Slabs } from './slabs.ts'

/** The digest of an upload, made while its bytes come; what was not seen coming is read again. */
export interface UploadDigest {
  /**
   * Shows bytes that are being appended from `start` on; resolves when they may change. `isLast`: nothing follows them soon.
   * Never rejects: what cannot be hashed now is read later.
   */
  show(bytes: Slab, start: number, isLast: boolean): Promise<void>
  /** The digest of all bytes of the upload, which must not grow meanwhile. Errors: those of reading. */
  digest(algorithm: DigestAlgorithm): Promise<Digest>
  /** Lets go of what is kept in memory; the next call begins anew. Resolves when nobody here is reading the upload. */
  forget(): Promise<void>
}

export interface UploadDigestOptions {
  readonly upload: UploadBytes
  /** With which it will probably be asked for. */
  readonly algorithm: DigestAlgorithm
  readonly pool: HashPool
  readonly slabs: Slabs
}

/** An upload of no more bytes is hashed at once: handing them to a thread would take longer. */
const inlineAtMost = 256 * 1024

export function createUploadDigest({ upload, algorithm, pool, slabs }: UploadDigestOptions): UploadDigest {
  let hash: RunningHash | undefined
  let kind: DigestAlgorithm = algorithm
  let isInline = false
  /** How many bytes, from the first on, the hash has taken. */
  let position = 0
  let catching: Promise<void> | undefined
  let isForgotten = false

  const isWanted = (): boolean => !isForgotten
  const reset = (): void => {
    hash?.forget()
    hash = undefined
    position = 0
  }
  const begin = (small: boolean): RunningHash => {
    isInline = small
    return small ? hashInline(kind) : pool.begin(kind)
  }
  /** The hash to which bytes up to `end` can be added, from {@link position} on. */
  const hashFor = (end: number, isLast: boolean): RunningHash => {
    if (isInline && end > inlineAtMost) reset()
    hash ??= begin(isLast && end <= inlineAtMost)
    return hash
  }
  const take = async (to: RunningHash, bytes: Slab): Promise<void> => {
    position += bytes.byteLength
    await to.update(bytes)
  }

  /** Reads what is there beyond the position, until all is hashed. */
  const catchUp = async (): Promise<void> => {
    const slab = slabs.take()
    try {
      while (position < upload.size && isWanted()) {
        const to = hashFor(upload.size, true)
        const count = await upload.read(slab, position)
        if (count === 0) throw new Error('an upload ends before its size')
        await take(to, slab.subarray(0, count))
      }
    } catch (error) {
      reset()
      throw error
    } finally {
      slabs.give(slab)
    }
  }

  const finish = async (): Promise<Digest> => {
    await catchUp()
    const whole = hashFor(upload.size, true)
    hash = undefined
    position = 0
    return whole.digest()
  }

  return {
    show: async (bytes, start, isLast) => {
      if (catching !== undefined) return
      const to = hashFor(start + bytes.byteLength, isLast)
      if (position === start) return take(to, bytes).catch(reset)
      catching = catchUp()
        .catch(() => undefined)
        .finally(() => {
          catching = undefined
        })
    },
    digest: async (wanted) => {
      await catching
      if (wanted !== kind) reset()
      kind = wanted
      // A thread that hashed may have ended; another one begins anew.
      return finish().catch(finish)
    },
    forget: async () => {
      isForgotten = true
      await catching
      isForgotten = false
      reset()
    },
  }
}
