import { hash } from 'node:crypto'
import type { JsonObject } from '../../shared/base/json.ts'
import { Recent } from '../../shared/base/recent.ts'
import { leeway, TokenInvalid, type Verify } from './jwt.ts'

/** Milliseconds since the epoch, and by a clock that nobody sets. */
export interface TokenClocks {
  readonly now: () => number
  readonly elapsed: () => number
}

interface Verified {
  readonly claims: JsonObject
  readonly at: number
}

/** How many tokens are remembered, and for how many milliseconds: after that a key that was taken back counts no more. */
const [mostTokens, rememberedTime] = [2000, 300_000]

export interface VerifiedTokens {
  readonly verify: Verify
  /** Verifies each anew, also those that are being verified. */
  forget(): void
}

/**
 * Remembers which tokens were found good, by their hash: clients send one with each of their requests, and a signature takes
 * longer to verify than most answers. Their times are looked at again each time.
 */
export function rememberVerified(verify: Verify, { now, elapsed }: TokenClocks): VerifiedTokens {
  let remembered = new Recent<string, Verified>(mostTokens)
  return {
    verify: async (token) => {
      const known = remembered
      const key = hash('sha256', token, 'base64url')
      const verified = known.get(key)
      if (verified !== undefined && elapsed() - verified.at < rememberedTime) return inTime(verified.claims, now())
      known.delete(key)
      const claims = await verify(token)
      known.set(key, { claims, at: elapsed() })
      return claims
    },
    forget() {
      remembered = new Recent(mostTokens)
    },
  }
}

function inTime(claims: JsonObject, now: number): JsonObject {
  const { exp, nbf } = claims
  if (typeof exp !== 'number' || exp <= now / 1000 - leeway) throw new TokenInvalid('it is over')
  if (typeof nbf === 'number' && nbf > now / 1000 + leeway) throw new TokenInvalid('it is not valid yet')
  return claims
}
