import { setTimeout as sleep } from 'node:timers/promises'
import type { GcState } from '../storage/gc-rows.ts'
import { withoutKinds } from './absent-kinds.ts'
import { createDoomedBytes } from './doomed-bytes.ts'
import { createFailures, type Failures } from './failures.ts'
import { paced } from './pace.ts'
import { createPreparation, type Preparation } from './preparation.ts'
import { endsOfQueue, listReviews, type Review } from './queue.ts'
import { askRoots, type RootOf } from './roots.ts'
import { sweep } from './sweep.ts'
import type { SweepParts, Verdict } from './sweep-types.ts'
import { createTogether } from './together.ts'
import { addCounts, type GcCounts, type GcRoots, type GcRound, type GcRunOptions, noCounts } from './types.ts'
import { farAhead } from './waits.ts'

export interface RoundOptions {
  readonly roots: readonly GcRoots[]
  /** Milliseconds that a source of roots has to answer. */
  readonly patience: number
  readonly onNotice: (notice: string) => void
}

/** Looks at what is due. */
export interface Rounds {
  /** One round; not two at once. */
  run(options: GcRunOptions): Promise<GcRound>
  /** Why nothing is removed now; one sentence each. */
  held(): readonly string[]
  readonly preparation: Preparation
  readonly failures: Failures
  /** Ends a round that is going on, soon. */
  stop(): void
}

/** Reviews that are read, and asked about, at once; of these some go on side by side, and share the sync of their changes. */
const pageSize = 64
const sideBySide = 16
/** Reviews of one round. */
const mostInRound = 20_000
/** How many times as long as it works it rests, at most so many milliseconds: it is not alone on the machine. */
const rest = { alone: 1, amongClients: 3, longest: 300 }

export function createRounds(parts: SweepParts, { roots, patience, onNotice }: RoundOptions): Rounds {
  const { metadata, settings, leases, guard, housekeep, now, elapsed } = parts
  const failures = createFailures(parts, onNotice)
  const preparation = createPreparation(parts)
  const removeDoomed = createDoomedBytes(parts, onNotice)
  let rootFailure: string | undefined
  const state = { isStopped: false }

  const obstacles = (): string[] => [
    ...(settings().enabled ? [] : ['the configuration says gc.enabled: false']),
    ...refusalOf(guard),
    ...unprepared[preparation.pass],
    ...leasedForAll(leases.leftForAll()),
  ]
  const calm = paced(parts)
  const reviewOne = async (own: SweepParts, review: Review, rootOf: RootOf): Promise<GcCounts> => {
    let counts = noCounts
    try {
      await housekeep(async () => {
        counts = countsOf(await sweep(own, review, rootOf))
      })
    } catch (error) {
      counts = { ...noCounts, reviewed: 1, failures: 1 }
      await failures.note(review, error)
    }
    return counts
  }
  /** Of one digest one after the other: each needs the lock of the digest, and would wait for one that waits for it to share a sync. */
  const reviewEach = async (own: SweepParts, reviews: readonly Review[], rootOf: RootOf): Promise<GcCounts> => {
    let counts = noCounts
    for (const review of reviews) counts = addCounts(counts, await reviewOne(own, review, rootOf))
    return counts
  }
  const reviewAll = async (reviews: readonly Review[], rootOf: RootOf): Promise<GcCounts> => {
    let counts = noCounts
    for (let i = 0; i < reviews.length && !state.isStopped; i += sideBySide) {
      const began = elapsed()
      const some = [...Map.groupBy(reviews.slice(i, i + sideBySide), ({ digest }) => digest).values()]
      const together = createTogether(withoutKinds(calm.parts.metadata), some.length)
      const own = { ...calm.parts, metadata: together.metadata }
      const done = some.map((same) => reviewEach(own, same, rootOf).finally(() => together.leave()))
      counts = (await Promise.all(done)).reduce(addCounts, counts)
      const times = calm.isAmongClients() ? rest.amongClients : rest.alone
      await sleep(Math.min(times * (elapsed() - began), rest.longest))
    }
    return counts
  }
  const reviewPage = async (reviews: readonly Review[]): Promise<GcCounts> => {
    const asked = await askRoots(roots, reviews, patience)
    const failure = 'failure' in asked ? asked.failure : undefined
    if (failure !== undefined && failure !== rootFailure) onNotice(`garbage collection: ${failure}`)
    rootFailure = failure
    return 'failure' in asked ? noCounts : reviewAll(reviews, asked.rootOf)
  }
  /** What is due; and what is so far ahead that nothing can have been put off until then: the clock was set back since. */
  const pageOf = async (until: number, after: string | undefined): Promise<Review[]> => {
    const reviews = await listReviews(metadata, { until, limit: pageSize, after })
    if (reviews.length > 0 || after !== undefined) return reviews
    return (await endsOfQueue(metadata)).slice(-1).filter(({ at }) => at > now() + farAhead)
  }
  const reviewDue = async (until: number): Promise<Pick<GcRound, 'isMore'> & GcCounts> => {
    let counts = noCounts
    for (let after: string | undefined; obstacles().length === 0 && !state.isStopped; ) {
      const reviews = await pageOf(until, after)
      if (reviews.length === 0) break
      if (counts.reviewed >= mostInRound) return { ...counts, isMore: true }
      counts = addCounts(counts, await reviewPage(reviews))
      if (rootFailure !== undefined) break
      after = reviews.at(-1)?.key
    }
    return { ...counts, isMore: false }
  }
  return {
    run: async ({ isNow = false, until = Number.POSITIVE_INFINITY }) => {
      const [startedAt, began] = [now(), elapsed()]
      await preparation.goOn(() => state.isStopped)
      leases.prune()
      if (obstacles().length === 0) await removeDoomed()
      const done = await reviewDue(Math.min(until, isNow ? startedAt : startedAt - settings().delay))
      return { ...done, startedAt, milliseconds: Math.round(elapsed() - began), held: held() }
    },
    held,
    preparation,
    failures,
    stop: () => {
      state.isStopped = true
    },
  }

  function held(): readonly string[] {
    return [...obstacles(), ...(rootFailure === undefined ? [] : [rootFailure])]
  }
}

const unprepared: Readonly<Record<GcState['pass'], readonly string[]>> = {
  manifests: ['what the manifests of an earlier version refer to is still being written down'],
  links: ['what an earlier version left is still being looked for'],
  held: [
    'the metadata were damaged, so that what seems of no use may not be: stop the server and run ibuild registry fsck --repair',
  ],
  done: [],
}

function refusalOf(guard: () => void): string[] {
  try {
    guard()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

function leasedForAll(left: number): string[] {
  if (left <= 0) return []
  const seconds = Math.ceil(left / 1000)
  return [`for ${seconds} s more nothing is removed: clients may rely on what they were told before the start`]
}

function countsOf(verdict: Verdict): GcCounts {
  const looked = { ...noCounts, reviewed: 1 }
  if (verdict.kind !== 'removed') return looked
  const { what, bytes } = verdict
  return {
    ...looked,
    manifests: what === 'manifest' ? 1 : 0,
    links: what === 'link' ? 1 : 0,
    ...(bytes !== undefined && { blobs: 1, freed: bytes }),
  }
}
