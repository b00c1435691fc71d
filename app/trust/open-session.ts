import { httpPublisher } from '../../notary/client/http-publisher.ts'
import { httpSource } from '../../notary/client/http-source.ts'
import { trustServerFor } from '../../notary/client/server-address.ts'
import { signingKeys } from '../../notary/client/signing-keys.ts'
import { createTrustServer, type TrustServerOptions } from '../../notary/client/trust-server.ts'
import type { KeyRing } from '../../notary/keys/types.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import type { TrustCache, VerificationStep } from '../../notary/verifier/types.ts'
import { type PinChoice, pinningFor } from './pinning.ts'
import type { TrustSession } from './session.ts'

/** How trust servers are reached, whichever it is. */
export type TrustConnection = Omit<TrustServerOptions, 'url'>

export interface SessionOptions extends PinChoice {
  /** The collection, whose name leads to a trust server when none is named. */
  readonly gun: Gun
  /** Address of the trust server. */
  readonly server?: string | undefined
  readonly connection: TrustConnection
  readonly cache: TrustCache
  readonly ring: KeyRing
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
  readonly onStep?: ((step: VerificationStep) => void) | undefined
}

/** A session with the trust server of a collection, for as long as `work` does something with it. Errors: USAGE; those of `work`. */
export async function withSession<T>(
  { gun, server: named, connection, cache, ring, signal, now = Date.now, onStep, ...choice }: SessionOptions,
  work: (session: TrustSession) => Promise<T>,
): Promise<T> {
  const server = createTrustServer({ ...connection, url: trustServerFor(gun, named) })
  try {
    return await work({
      source: httpSource(server),
      publisher: httpPublisher(server, signal),
      pinning: async (gun) => pinningFor(gun, choice, { ring, cache }),
      keys: signingKeys(ring),
      cache,
      ring,
      now,
      signal,
      onStep,
    })
  } finally {
    await server.close()
  }
}
