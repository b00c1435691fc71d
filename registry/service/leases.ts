import type { Digest } from '../../shared/base/digest.ts'

/**
 * Who was told that a repository has a blob or a manifest relies on it: for a while it stays, whether anything refers to it or
 * not. Leases are in memory, by a clock that nobody sets; a process that starts takes everything for leased, so that none is lost
 * with the one before it.
 */
export interface Leases {
  /**
   * Keeps the digest in the repository from now on. A promise where it is being removed at this moment: it resolves when that
   * has ended, with the lease taken; what was there before may be gone then.
   */
  take(name: string, digest: Digest): Promise<void> | undefined
  /** The same for several. */
  takeAll(name: string, digests: readonly Digest[]): Promise<void>
  /** Does work of a push: as long as it goes on, and as if anew after it, all leases of the repository last. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Milliseconds for which the digest is kept at least; 0 when it is not. */
  left(name: string, digest: Digest): number
  /** True while work of a push goes on in the repository, and the digest is leased there. */
  isPushed(name: string, digest: Digest): boolean
  /** Milliseconds for which everything is kept; 0 when that is over. */
  leftForAll(): number
  /**
   * For one who is about to remove it: undefined while it is leased. Else whoever asks for a lease waits until the result is
   * called.
   */
  claim(name: string, digest: Digest): (() => void) | undefined
  /** Forgets those that have ended, unless it did so a moment ago: that costs what there are. */
  prune(): void
  /** How many there are. */
  readonly count: number
}

export interface LeaseOptions {
  /** Milliseconds that a lease lasts after the last work of a push in its repository. */
  readonly lease: () => number
  /** Milliseconds, by a clock that nobody sets. */
  readonly elapsed: () => number
  /** More leases than these are not remembered one by one: then everything is leased. Default half a million. */
  readonly most?: number
}

/** A repository that is pushed to all day does not keep for ever what was leased in it. */
const mostRenewals = 24

export function createLeases({ lease, elapsed, most = 500_000 }: LeaseOptions): Leases {
  const repositories = new Map<string, LeasedRepository>()
  const claims = new Map<string, PromiseWithResolvers<void>>()
  let count = 0
  let allSince = elapsed()
  let prunedAt = allSince

  const of = (name: string): LeasedRepository => {
    const known = repositories.get(name)
    if (known !== undefined) return known
    const made = { running: 0, activeAt: elapsed(), taken: new Map<Digest, number>() }
    repositories.set(name, made)
    return made
  }
  const leftOf = ({ running, activeAt }: LeasedRepository, takenAt: number): number => {
    const [now, time] = [elapsed(), lease()]
    const last = running > 0 ? now : Math.max(activeAt, takenAt)
    return Math.max(0, Math.min(last + time, takenAt + mostRenewals * time) - now)
  }
  const leftForAll = (): number => Math.max(0, allSince + lease() - elapsed())
  const left = (name: string, digest: Digest): number => {
    const repository = repositories.get(name)
    const takenAt = repository?.taken.get(digest)
    const own = repository === undefined || takenAt === undefined ? 0 : leftOf(repository, takenAt)
    return Math.max(own, leftForAll())
  }
  const forget = (name: string, repository: LeasedRepository): void => {
    for (const [digest, takenAt] of repository.taken) {
      if (leftOf(repository, takenAt) > 0) continue
      repository.taken.delete(digest)
      count--
    }
    if (repository.taken.size === 0 && repository.running === 0) repositories.delete(name)
  }
  const forgetEnded = (): void => {
    for (const [name, repository] of repositories) forget(name, repository)
    prunedAt = elapsed()
  }
  /** What ended goes; where that is not enough, all goes, and everything is leased for a while. */
  const bound = (): void => {
    forgetEnded()
    if (count < most) return
    for (const repository of repositories.values()) repository.taken.clear()
    count = 0
    allSince = elapsed()
  }
  const note = (name: string, digest: Digest): void => {
    if (count >= most) bound()
    const repository = of(name)
    if (!repository.taken.has(digest)) count++
    const now = elapsed()
    repository.taken.set(digest, now)
    repository.activeAt = now
  }
  const take = (name: string, digest: Digest): Promise<void> | undefined => {
    const claim = claims.get(keyOf(name, digest))
    if (claim !== undefined) return claim.promise.then(async () => take(name, digest))
    note(name, digest)
    return undefined
  }
  return {
    take,
    takeAll: async (name, digests) => {
      await Promise.all(digests.flatMap((digest) => take(name, digest) ?? []))
    },
    during: async (name, work) => {
      const repository = of(name)
      repository.running++
      try {
        return await work()
      } finally {
        repository.running--
        repository.activeAt = elapsed()
        if (repository.taken.size === 0) forget(name, repository)
      }
    },
    left,
    isPushed: (name, digest) => {
      const repository = repositories.get(name)
      const takenAt = repository?.taken.get(digest)
      if (repository === undefined || takenAt === undefined || repository.running === 0) return false
      return leftOf(repository, takenAt) > 0
    },
    leftForAll,
    claim: (name, digest) => {
      if (left(name, digest) > 0) return undefined
      const key = keyOf(name, digest)
      const claim = Promise.withResolvers<void>()
      claims.set(key, claim)
      return () => {
        claims.delete(key)
        claim.resolve()
      }
    },
    prune: () => {
      if (elapsed() - prunedAt > lease() / 10) forgetEnded()
    },
    get count() {
      return count
    },
  }
}

interface LeasedRepository {
  /** How much work of pushes is going on. */
  running: number
  activeAt: number
  /** When each was leased for the last time. */
  readonly taken: Map<Digest, number>
}

function keyOf(name: string, digest: Digest): string {
  return `${name} ${digest}`
}
