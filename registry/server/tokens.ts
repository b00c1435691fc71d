import type { Log } from '../../shared/log/log.ts'
import { createAccounts } from '../access/accounts.ts'
import type { GunNames } from '../access/gun-names.ts'
import type { Accounts, Rules } from '../access/types.ts'
import type { RefreshTokenStore } from '../service/refresh-tokens.ts'
import type { TokenService } from '../token/open-token-service.ts'
import type { ServerConfig } from './config/schema.ts'

export interface TokenParts {
  /** Of the keys. */
  readonly folder: string
  readonly store: RefreshTokenStore
  /** That in force. */
  readonly config: () => Pick<ServerConfig, 'token'>
  /** Those in force; asked with requests only. */
  readonly names: () => GunNames
  readonly log: Pick<Log, 'warn' | 'debug'>
}

/** Opens the token service of a configuration, for these accounts and rules; undefined when it wants none. Errors: TOKEN_KEYS_INVALID. */
export type OpenTokens = (accounts: Accounts | undefined, rules: () => Rules) => Promise<TokenService | undefined>

/** Without accounts and other issuers there is nobody to give a token to. */
export function tokenOpener({ folder, store, config, names, log }: TokenParts): OpenTokens {
  return async (accounts, rules) => {
    const { token } = config()
    if (!token.enabled || (accounts === undefined && token.issuers.length === 0)) return undefined
    const { openTokenService } = await import('../token/open-token-service.ts')
    return openTokenService({
      folder,
      accounts: accounts ?? createAccounts({ entries: [], groups: {} }),
      rules,
      repositoryOf: (gun) => names().repositoryOf(gun),
      store,
      settings: () => config().token,
      userAgent: 'ibuild-registry',
      onNotice: (notice) => log.warn(notice),
      onRefused: (reason) => log.debug('a token was not believed', { reason }),
      now: Date.now,
      elapsed: () => performance.now(),
    })
  }
}
