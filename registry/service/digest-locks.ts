import type { Digest } from '../../shared/base/digest.ts'

/** Work on one digest, in the order in which it came. Whoever holds one lock takes no second one. */
export interface DigestLocks {
  /** Alone. */
  run<T>(digest: Digest, work: () => Promise<T>): Promise<T>
  /** Beside others that share it: those that came before whoever is alone next. */
  share<T>(digest: Digest, work: () => Promise<T>): Promise<T>
}

/** When work on one digest has ended; neither ever rejects. */
interface Ends {
  /** All that is waiting or running. */
  readonly all: Promise<unknown>
  /** The last that is alone. */
  readonly alone: Promise<unknown>
}

const nothing: Ends = { all: Promise.resolve(), alone: Promise.resolve() }

export function createDigestLocks(): DigestLocks {
  const last = new Map<Digest, Ends>()
  const enter = <T>(digest: Digest, result: Promise<T>, endsWith: (done: Promise<void>) => Ends): Promise<T> => {
    const ends = endsWith(
      result.then(
        () => undefined,
        () => undefined,
      ),
    )
    last.set(digest, ends)
    const forget = (): boolean => last.get(digest) === ends && last.delete(digest)
    void ends.all.then(forget)
    return result
  }
  return {
    run: async (digest, work) => {
      const { all } = last.get(digest) ?? nothing
      return enter(digest, all.then(work), (done) => ({ all: done, alone: done }))
    },
    share: async (digest, work) => {
      const { all, alone } = last.get(digest) ?? nothing
      return enter(digest, alone.then(work), (done) => ({ all: Promise.all([all, done]), alone }))
    },
  }
}
