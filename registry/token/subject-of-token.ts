import { arrayOf, asObject, asString, asStrings, type JsonObject, optional, required } from '../../shared/base/json.ts'
import type { Account, Accounts, Subject } from '../access/types.ts'
import { TokenInvalid } from './jwt.ts'
import type { Scope } from './scope.ts'

/** What a token says: who sends it, and for what. */
export interface TokenMeaning {
  readonly subject: Subject
  /** What it is good for; for everything that rules grant when undefined. */
  readonly scopes: readonly Scope[] | undefined
  /** True when the rules here have no say: whoever gave it decided. */
  readonly isDecided: boolean
}

const place = { code: 'JSON_INVALID', path: 'token' } as const

/** The scopes that a token has in `claim`, as Docker writes them; undefined without any. Errors: {@link TokenInvalid}. */
export function scopesIn(claims: JsonObject, claim: string): readonly Scope[] | undefined {
  return reading(() =>
    optional(
      claims,
      claim,
      place,
      arrayOf((value, at) => {
        const scope = asObject(value, at)
        return {
          type: required(scope, 'type', at, asString),
          name: required(scope, 'name', at, asString),
          actions: required(scope, 'actions', at, asStrings),
        }
      }, 1000),
    ),
  )
}

/** A claim that is a text, or several. Errors: {@link TokenInvalid}. */
export function textsIn(claims: JsonObject, claim: string): readonly string[] {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (typeof value === 'string') return [value]
  return reading(() => optional(claims, claim, place, asStrings)) ?? []
}

function reading<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new TokenInvalid(error instanceof Error ? error.message : 'it cannot be read')
  }
}

/**
 * What a token of ours says. Whose it is is looked up: who was removed, or has another password since, is nobody any more, and
 * groups are those of now. Errors: {@link TokenInvalid}.
 */
export function ownMeaning(claims: JsonObject, accounts: Pick<Accounts, 'find'>): TokenMeaning {
  const { sub, stamp } = claims
  const scopes = scopesIn(claims, 'access') ?? []
  if (sub === undefined) return { subject: { kind: 'anonymous' }, scopes, isDecided: false }
  const account = typeof sub === 'string' ? accounts.find(sub) : undefined
  if (account === undefined || account.stamp !== stamp)
    throw new TokenInvalid('its account is gone, or has another password')
  return { subject: plain(account), scopes, isDecided: false }
}

function plain({ name, groups }: Account): Account {
  return { kind: 'account', name, groups }
}
