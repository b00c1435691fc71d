import { coversScopes, mergeScopes } from './scope.ts'
import type { Token } from './token.ts'

interface KnownToken {
  readonly scopes: readonly string[]
  readonly token: Promise<Token>
}

/** A registry with very many repositories has a token for each: those that were used least lately are forgotten. */
const mostTokens = 100

/** The tokens of one registry, by what they allow; those that are on their way too. */
export class TokenCache {
  readonly #tokens = new Map<string, KnownToken>()

  /** One that allows all that is wanted, and is not over. */
  async find(wanted: readonly string[]): Promise<Token | undefined> {
    for (const [key, known] of this.#tokens) {
      if (!coversScopes(known.scopes, wanted)) continue
      const token = await known.token.catch(() => undefined)
      const isUsable = token !== undefined && token.until > Date.now()
      const isKept = this.#tokens.get(key) === known && this.#tokens.delete(key)
      if (isUsable && isKept) this.#tokens.set(key, known)
      if (isUsable) return token
    }
    return undefined
  }

  /** The one that is fetched for just these scopes, by somebody else or now. */
  fetch(wanted: readonly string[], get: (scopes: readonly string[]) => Promise<Token>): Promise<Token> {
    const scopes = mergeScopes(wanted)
    const key = scopes.join(' ')
    const known = this.#tokens.get(key) ?? { scopes, token: get(scopes) }
    this.#tokens.set(key, known)
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= mostTokens) break
      this.#tokens.delete(oldest)
    }
    return known.token
  }

  clear(): void {
    this.#tokens.clear()
  }
}
