import type { SigningKeys } from '../../notary/client/changes/types.ts'
import type { Publishing } from '../../notary/client/publish.ts'
import type { Publisher } from '../../notary/client/publisher.ts'
import { unusableFiles } from '../../notary/client/unusable-files.ts'
import type { KeyRing } from '../../notary/keys/types.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import { refreshCollection } from '../../notary/verifier/refresh.ts'
import type {
  MetadataSource,
  Pinning,
  TrustCache,
  TrustedCollection,
  VerificationStep,
} from '../../notary/verifier/types.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'

/** All that signing needs: a trust server, what is remembered of collections, and private keys. */
export interface TrustSession {
  readonly source: MetadataSource
  readonly publisher: Publisher
  readonly cache: TrustCache
  /** What anchors a collection that was never seen; asked each time, for keys may be made meanwhile. */
  readonly pinning: (gun: Gun) => Promise<Pinning>
  readonly ring: KeyRing
  /** Those of {@link ring}, each unlocked once. */
  readonly keys: SigningKeys
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly signal: AbortSignal
  /** True for whoever signs what is over its time again. */
  readonly acceptsExpired?: boolean | undefined
  /** Is told of each step of a verification. */
  readonly onStep?: ((step: VerificationStep) => void) | undefined
}

/** What is trusted of a collection now. Errors: TRUST_*; TRUST_NO_DATA when there is none. */
export async function trustedCollection(session: TrustSession, gun: Gun): Promise<TrustedCollection> {
  const { source, cache, pinning, now, signal, acceptsExpired, onStep } = session
  const options = { source, cache, pinning: await pinning(gun), now, signal, acceptsExpired, onStep }
  return refreshCollection(gun, { ...options, unreachable: 'refuse' })
}

/**
 * As {@link trustedCollection}, undefined when the server never had one as far as is known here: one that was seen before and is gone
 * is no reason to make another.
 */
export async function findCollection(session: TrustSession, gun: Gun): Promise<TrustedCollection | undefined> {
  try {
    return await trustedCollection(session, gun)
  } catch (error) {
    if (!isIbuildError(error, 'TRUST_NO_DATA')) throw error
    if ((await session.cache.load(gun)) === undefined) return undefined
    throw new IbuildError('TRUST_NO_DATA', `${gun}: the trust server has no collection any more, and it had one`, {
      hint: 'If it was deleted on purpose, ibuild trust forget lets another one be made.',
      cause: error,
    })
  }
}

/** Publishing to one collection of a session. */
export function publishingOf(session: TrustSession, gun: Gun): Publishing {
  const { source, publisher, keys, now, signal } = session
  return {
    gun,
    refresh: async () => findCollection(session, gun),
    unusable: async (collection) => unusableFiles(collection, { source, signal }),
    publisher,
    keys,
    now,
    signal,
  }
}
