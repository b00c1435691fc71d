import { randomUUID } from 'node:crypto'
import type { KnownAccount } from '../access/types.ts'
import type { Sign } from './jwt.ts'
import type { Scope } from './scope.ts'

export interface IssueOptions {
  readonly sign: Sign
  /** Issuer and audience in one: the registry gives tokens for itself. */
  readonly service: () => string
  /** Milliseconds that a token lives. */
  readonly life: () => number
  readonly now: () => number
}

export interface IssuedToken {
  readonly token: string
  /** Seconds. */
  readonly lifetime: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Gives a token for what was granted; to nobody in particular when `account` is undefined. */
export type IssueToken = (account: KnownAccount | undefined, scopes: readonly Scope[]) => Promise<IssuedToken>

/** Tokens as the Docker token specification has them, with `stamp` beside: they end with the password they were given for. */
export function tokenIssuer({ sign, service, life, now }: IssueOptions): IssueToken {
  return async (account, scopes) => {
    const at = Math.floor(now() / 1000)
    const lifetime = Math.floor(life() / 1000)
    const token = await sign({
      iss: service(),
      aud: service(),
      ...(account !== undefined && { sub: account.name, stamp: account.stamp }),
      iat: at,
      nbf: at,
      exp: at + lifetime,
      jti: randomUUID(),
      access: scopes.map(({ type, name, actions }) => ({ type, name, actions })),
    })
    return { token, lifetime, at: at * 1000 }
  }
}
