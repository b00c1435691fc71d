import { hash, randomBytes } from 'node:crypto'
import type { Accounts, KnownAccount } from '../access/types.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RefreshTokenStore } from '../service/refresh-tokens.ts'
import type { RefreshRow } from '../storage/rows.ts'

/** Tokens that clients keep in place of a password. Each ends with the password that it was given for. */
export interface RefreshTokens {
  /** A new one; undefined when none can be kept now: the registry is read-only, or its disk full. */
  issue(account: KnownAccount): Promise<string | undefined>
  /** Whose token this is, as long as it is good. One that is used does not end. */
  redeem(token: string): Promise<KnownAccount | undefined>
  /** Removes those that are good for nothing any more. */
  sweep(): Promise<void>
}

export interface RefreshOptions {
  readonly store: RefreshTokenStore
  readonly accounts: Pick<Accounts, 'find'>
  /** Milliseconds that a token lives without being used. */
  readonly life: () => number
  readonly now: () => number
}

/** Characters of one. */
const length = 43

export function createRefreshTokens({ store, accounts, life, now }: RefreshOptions): RefreshTokens {
  const accountOf = (row: RefreshRow): KnownAccount | undefined => {
    const account = accounts.find(row.name)
    return account?.stamp === row.stamp && row.until > now() ? account : undefined
  }
  /** At most once in a tenth of its life, so that few logins write. */
  const prolong = async (key: string, row: RefreshRow): Promise<void> => {
    const until = now() + life()
    if (until - row.until > life() / 10) await attempt(() => store.put(key, { ...row, until }))
  }
  return {
    async issue({ name, stamp }) {
      const token = randomBytes(32).toString('base64url')
      const row = { name, stamp, at: now(), until: now() + life() }
      return (await attempt(() => store.put(keyOf(token), row))) ? token : undefined
    },
    async redeem(token) {
      if (token.length !== length) return undefined
      const row = await store.get(keyOf(token))
      const account = row === undefined ? undefined : accountOf(row)
      if (row !== undefined && account !== undefined) await prolong(keyOf(token), row)
      return account
    },
    async sweep() {
      await attempt(() => store.sweep((row) => accountOf(row) === undefined))
    },
  }
}

/** False when the registry takes no writes. */
async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof RegistryError) return false
    throw error
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'hex')
}
