import type { Digest } from '../../shared/base/digest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { type ExplainTarget, type Explanation, explain } from './explain.ts'
import type { Going } from './freed-look.ts'
import { type FreedTogether, freedTogether } from './freed-together.ts'
import { beginPurge } from './purge.ts'
import { endsOfQueue, listReviews } from './queue.ts'
import { createRounds } from './rounds.ts'
import type { SweepParts } from './sweep-types.ts'
import { startTicking } from './ticking.ts'
import {
  addCounts,
  type GcCounts,
  type GcRoots,
  type GcRound,
  type GcRunOptions,
  type GcStatus,
  noCounts,
} from './types.ts'

/** Removes what is no longer of use, a little at a time, while the registry is pushed to and pulled from. */
export interface Collector {
  status(): Promise<GcStatus>
  /** Does what is due, up to a bound, after what it is doing at the moment. */
  run(options?: GcRunOptions): Promise<GcRound>
  explain(target: ExplainTarget): Promise<readonly Explanation[]>
  /**
   * Lets a manifest go for good if nothing keeps it, however long such ones are kept otherwise, and what it alone keeps with it: children,
   * referrers, signatures under tags of their own, blobs. What a client was just told to be there goes later. Resolves to the bytes that go;
   * 0 when something keeps it. Errors: DENIED while nothing may be written; those of the sources of roots.
   */
  purge(name: RepositoryName, digest: Digest): Promise<number>
  /** What goes when all of these go for good. */
  freedBy(going: readonly Going[]): Promise<FreedTogether>
  /** Since the start. */
  readonly total: GcCounts
  /** How many there are. */
  readonly leases: number
  /** True while something keeps it from removing anything. */
  readonly isHeld: boolean
  /** Does nothing by itself any more, and resolves when nothing is being done. */
  close(): Promise<void>
}

export interface CollectorOptions {
  readonly roots?: readonly GcRoots[] | undefined
  /** False for one that works only when it is asked. Default true. */
  readonly isTicking?: boolean | undefined
  /** Milliseconds that a source of roots has to answer. Default 10 seconds. */
  readonly patience?: number | undefined
  /** Is told what goes wrong, one line. */
  readonly onNotice?: ((notice: string) => void) | undefined
}

/** What follows from a purge is looked at in so many rounds at most; the rest is looked at later. */
const mostPurgeRounds = 10
const [shortestPause, longestPause] = [50, 10_000]

export function createCollector(parts: SweepParts, options: CollectorOptions = {}): Collector {
  const { settings } = parts
  const { roots = [], patience = 10_000, onNotice = () => {} } = options
  const rounds = createRounds(parts, { roots, patience, onNotice })
  let total = noCounts
  let lastRound: GcRound | null = null
  let running: Promise<unknown> = Promise.resolve()
  const run = (runOptions: GcRunOptions = {}): Promise<GcRound> => {
    const result = running.then(() => rounds.run(runOptions))
    running = result.catch(() => undefined)
    return result
  }
  /** A round in which nothing was due is none to remember. */
  const remembered = async (runOptions?: GcRunOptions): Promise<GcRound> => {
    const round = await run(runOptions)
    total = addCounts(total, round)
    if (round.reviewed > 0 || lastRound === null || runOptions !== undefined) lastRound = round
    return round
  }
  const onFailure = (error: unknown): void => onNotice(`garbage collection: ${String(error)}`)
  const pause = (): number => Math.min(Math.max(settings().delay / 4, shortestPause), longestPause)
  const ticking = { tick: () => remembered(), first: shortestPause, pause, onFailure }
  const stop = options.isTicking === false ? () => {} : startTicking(ticking)
  return {
    status: async () => {
      await rounds.preparation.look()
      return {
        isOn: settings().enabled,
        held: rounds.held(),
        isPrepared: rounds.preparation.pass === 'done',
        queue: await queueOf(parts),
        leases: { count: parts.leases.count, allFor: Math.ceil(parts.leases.leftForAll()) },
        lastRound,
        total,
        failures: rounds.failures.last,
      }
    },
    run: (runOptions = {}) => remembered(runOptions),
    purge: async (name, digest) => {
      const begun = await beginPurge({ ...parts, roots, patience }, name, digest)
      if (begun === undefined) return 0
      const isMore = async (): Promise<boolean> => (await remembered({ until: begun.until })).reviewed > 0
      for (let left = mostPurgeRounds; left > 0 && (await isMore()); left--);
      return begun.bytes
    },
    freedBy: (going) => freedTogether(parts.metadata, going),
    explain: (target) => explain({ ...parts, roots, patience }, target),
    get total() {
      return total
    },
    get leases() {
      return parts.leases.count
    },
    get isHeld() {
      return rounds.held().length > 0
    },
    close: async () => {
      stop()
      rounds.stop()
      await running
    },
  }
}

/** Reviews that are counted for people. */
const mostCounted = 10_000

async function queueOf({ metadata, settings, now }: SweepParts): Promise<GcStatus['queue']> {
  const { delay } = settings()
  const all = await listReviews(metadata, { until: Number.POSITIVE_INFINITY, limit: mostCounted + 1 })
  const [first] = await endsOfQueue(metadata)
  return {
    length: Math.min(all.length, mostCounted),
    isMore: all.length > mostCounted,
    due: all.slice(0, mostCounted).filter(({ at }) => at <= now() - delay).length,
    nextAt: first === undefined ? null : first.at + delay,
  }
}
