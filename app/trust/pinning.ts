import type { KeyRing } from '../../notary/keys/types.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import type { Pinning, TrustCache } from '../../notary/verifier/types.ts'

export interface PinChoice {
  /** IDs of root keys or certificates that somebody named. */
  readonly pins: readonly string[]
  /** True: what was never seen is believed. */
  readonly allowsFirstUse: boolean
}

/**
 * What a collection is held against by somebody who signs: what he named; at the first contact, unless he believes anything, the root
 * keys that he has himself.
 */
export async function pinningFor(
  gun: Gun,
  { pins, allowsFirstUse }: PinChoice,
  { ring, cache }: { readonly ring: KeyRing; readonly cache: TrustCache },
): Promise<Pinning> {
  const ids =
    pins.length > 0 || allowsFirstUse || (await cache.load(gun)) !== undefined ? pins : await ownRootKeys(ring)
  return { keys: new Map(ids.length === 0 ? [] : [[gun, ids]]), authorities: new Map(), allowsFirstUse }
}

async function ownRootKeys({ store }: KeyRing): Promise<readonly string[]> {
  return (await store.list()).filter(({ role }) => role === 'root').map(({ id }) => id)
}
