import type { Digest } from '../../shared/base/digest.ts'

/** Work on one digest, one after the other. Whoever holds one lock takes no second one. */
export interface DigestLocks {
  run<T>(digest: Digest, work: () => Promise<T>): Promise<T>
}

export function createDigestLocks(): DigestLocks {
  /** The last work that is waiting or running; it never rejects. */
  const last = new Map<Digest, Promise<void>>()
  return {
    run: async (digest, work) => {
      const result = (last.get(digest) ?? Promise.resolve()).then(work)
      const done = result.then(
        () => undefined,
        () => undefined,
      )
      last.set(digest, done)
      try {
        return await result
      } finally {
        if (last.get(digest) === done) last.delete(digest)
      }
    },
  }
}
