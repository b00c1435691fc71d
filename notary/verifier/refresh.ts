import { isIbuildError } from '../../shared/base/errors.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import { collectionFiles } from './files.ts'
import { Judge } from './judge.ts'
import { keepCollection, keepFloors } from './keep.ts'
import { lookAt, type SeenCollection } from './look.ts'
import { type PinRule, pinRuleFor } from './pinning.ts'
import { noProgress } from './progress.ts'
import { TrustRefusal } from './refusal.ts'
import type {
  MetadataSource,
  Pinning,
  RememberedContent,
  TrustCache,
  TrustedCollection,
  VerificationStep,
} from './types.ts'

export interface RefreshOptions {
  readonly source: MetadataSource
  readonly cache: TrustCache
  readonly pinning: Pinning
  /** What holds when the server cannot be reached: nothing, or what was verified before until it expires. */
  readonly unreachable: 'refuse' | 'lastKnownGood'
  /** Milliseconds since a server confirmed what was verified before, beyond which it does not hold; undefined: any. */
  readonly maxAge?: number | undefined
  /** True for whoever signs what is over its time again; nobody else may. */
  readonly acceptsExpired?: boolean | undefined
  /** Milliseconds for all of it, however many files there are. 60 000 unless told. */
  readonly deadline?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((step: VerificationStep) => void) | undefined
  /** Told when the collection was one that was never seen, and is believed and remembered from now on. */
  readonly onMet?: ((collection: TrustedCollection) => void) | undefined
}

const usualDeadline = 60_000
/** A publish or another process may come between; each time it is begun anew. */
const mostTries = 4

/**
 * Brings what is trusted of a collection up to date, and gives all of it, verified. Nothing is remembered that was not verified; when
 * it is refused half-way, what was verified until then is the least that must be shown the next time. Errors: `TRUST_*`; the
 * signal's reason.
 */
export async function refreshCollection(gun: Gun, options: RefreshOptions): Promise<TrustedCollection> {
  const { cache, now = Date.now, deadline = usualDeadline, acceptsExpired, onStep } = options
  const rule = pinRuleFor(gun, options.pinning)
  const timer = AbortSignal.timeout(deadline)
  for (let tries = 1; ; tries++) {
    const judge = new Judge({ gun, now: now(), acceptsExpired, onStep })
    const remembered = await cache.load(gun)
    const progress = noProgress()
    try {
      const seen = await lookInTime({ ...options, deadline }, { remembered, rule, judge, progress, timer })
      if (await keepCollection({ cache, remembered, progress, judge })) {
        const collection = { ...seen, isFresh: true, confirmedAt: judge.now }
        if (remembered === undefined) options.onMet?.(collection)
        return collection
      }
      if (tries >= mostTries) throw busy(judge)
    } catch (error) {
      await keepFloors({ cache, remembered, progress, judge })
      if (isIbuildError(error, 'TRUST_UNREACHABLE') && options.unreachable === 'lastKnownGood')
        return lastKnownGood(error, options, { judge, rule })
      if (!isRace(error) || tries > 1) throw error
    }
  }
}

type Looking = Omit<Parameters<typeof lookAt>[0], 'files' | 'signal'> & { readonly timer: AbortSignal }

/** Looks at what the source has. A deadline that is over is told as what it is: the server did not answer in time. */
async function lookInTime(
  { source, signal, deadline }: RefreshOptions & { readonly deadline: number },
  { timer, ...looking }: Looking,
): Promise<SeenCollection> {
  const { judge, remembered } = looking
  const end = new AbortController()
  const any = AbortSignal.any([timer, end.signal, ...(signal === undefined ? [] : [signal])])
  try {
    const files = collectionFiles({ source, remembered, judge, signal: any })
    return await lookAt({ ...looking, files, signal: any })
  } catch (cause) {
    if (!timer.aborted || cause !== timer.reason) throw cause
    const problem = `the trust server did not give all that is needed within ${deadline / 1000} seconds`
    throw judge.refusal('TRUST_UNREACHABLE', { role: 'timestamp', step: 'fetch' }, problem, { cause })
  } finally {
    end.abort(new Error('it is not needed any more'))
  }
}

/** What also happens when somebody publishes in between: looked at again, it is over. */
function isRace(error: unknown): boolean {
  if (!(error instanceof TrustRefusal) || error.code !== 'TRUST_MISMATCH') return false
  return error.step === 'fetch' || (error.role === 'root' && error.step === 'hash')
}

function busy(judge: Judge): TrustRefusal {
  const problem = 'other processes changed what is remembered of it again and again'
  return judge.refusal('TRUST_UNREACHABLE', { role: 'root', step: 'fetch' }, problem, { hint: 'Try again.' })
}

/** What was verified before, as long as it is in time, and under the newest root. Errors: `reason`; TRUST_EXPIRED. */
async function lastKnownGood(
  reason: Error,
  { cache, maxAge = Number.POSITIVE_INFINITY }: RefreshOptions,
  { judge, rule }: { readonly judge: Judge; readonly rule: PinRule },
): Promise<TrustedCollection> {
  const loaded = await cache.load(judge.gun)
  if (loaded === undefined || loaded.collection.size === 0 || judge.now - loaded.confirmedAt > maxAge) throw reason
  const remembered = { ...loaded, floors: new Map<RoleName, Uint8Array>() }
  const { signal } = new AbortController()
  const files = collectionFiles({ source: inMemory(remembered), remembered, judge, signal })
  const seen = await lookAt({ files, remembered, rule, judge, signal, progress: noProgress() })
  return { ...seen, isFresh: false, confirmedAt: loaded.confirmedAt }
}

/** All that is promised is remembered; what is asked for by name is the timestamp, and roots that are not known. */
function inMemory({ collection }: RememberedContent): MetadataSource {
  return { fetch: async (_, name) => (name === 'timestamp.json' ? collection.get('timestamp') : undefined) }
}
