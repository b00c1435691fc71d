import { ChangeConflict } from '../../shared/rows/row-store.ts'
import { laterReview, type Review } from './queue.ts'
import type { SweepParts } from './sweep-types.ts'
import type { GcFailure } from './types.ts'
import { backoff } from './waits.ts'

/** Reviews that failed: each is put off for longer every time, and holds up no other. */
export interface Failures {
  note(review: Review, error: unknown): Promise<void>
  /** The last ones, the newest first. */
  readonly last: readonly GcFailure[]
}

const mostRemembered = 20

export function createFailures(
  { metadata, now, settings, housekeep }: Pick<SweepParts, 'metadata' | 'now' | 'settings' | 'housekeep'>,
  onNotice: (notice: string) => void,
): Failures {
  let last: readonly GcFailure[] = []
  return {
    note: async (review, error) => {
      const { name: repository, digest, row } = review
      const message = error instanceof Error ? error.message : String(error)
      const tries = (row?.tries ?? 0) + 1
      const wait = backoff(tries - 1)
      const others = last.filter((one) => one.repository !== repository || one.digest !== digest)
      last = [{ repository, digest, message, tries, againAt: now() + wait }, ...others].slice(0, mostRemembered)
      onNotice(`garbage collection: ${repository}@${digest} could not be looked at, ${tries} times by now: ${message}`)
      const { change: _, ...kept } = row ?? { change: '' }
      const change = laterReview(review, now() + wait - settings().delay, { ...kept, tries })
      await housekeep(() => metadata.commit({ ...change, isMinor: true })).catch((failure: unknown) => {
        // What cannot be written down is tried again with the next round.
        if (!(failure instanceof ChangeConflict)) onNotice(`garbage collection: ${String(failure)}`)
      })
    },
    get last() {
      return last
    },
  }
}
