import { existsSync } from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Log } from '../../shared/log/log.ts'
import { type FileWatch, filesNow, watchFiles } from '../../shared/web/tls/watch.ts'
import { type AccountStore, createAccounts } from '../access/accounts.ts'
import { createAuthorize } from '../access/authorize.ts'
import { basicScheme } from '../access/basic.ts'
import { type AccessSettings, problemsOfAccess } from '../access/check-rules.ts'
import type { HtpasswdEntry } from '../access/htpasswd.ts'
import { readHtpasswd } from '../access/htpasswd-file.ts'
import { createRules } from '../access/rules.ts'
import type { Rules } from '../access/types.ts'
import { type Authorize, allowAll } from '../http/authorize.ts'
import type { TokenService } from '../token/open-token-service.ts'
import { isOpen } from './config/openness.ts'
import type { ServerConfig } from './config/schema.ts'
import type { OpenTokens } from './tokens.ts'

type AccessConfig = Pick<ServerConfig, 'access' | 'token'>

/** Who may do what, as long as a server runs. */
export interface ServerAccess {
  readonly authorize: Authorize
  /** Undefined without a file of accounts. */
  readonly accounts: AccountStore | undefined
  /** Those in force. */
  readonly rules: () => Rules
  /**
   * Reads the accounts again and checks another configuration with them; the result brings both into force. Errors:
   * ACCOUNTS_INVALID, SERVER_CONFIG_INVALID.
   */
  prepare(config: AccessConfig): Promise<() => void>
  /** Undefined where none are given or taken. */
  readonly tokens: TokenService | undefined
  close(): Promise<void>
}

/** The accounts that a configuration has, checked with its rules. Errors: ACCOUNTS_INVALID, SERVER_CONFIG_INVALID. */
export async function readAccess({ access, token }: AccessConfig): Promise<readonly HtpasswdEntry[] | undefined> {
  const entries = access.htpasswd === '' ? undefined : await readHtpasswd(access.htpasswd)
  const problems = problemsOfAccess(settingsOf({ access, token }), entries && namesOf(entries))
  if (problems.length > 0) throw new IbuildError('SERVER_CONFIG_INVALID', problems.join('\n'))
  return entries
}

/** Opens what a configuration says. Errors: those of {@link readAccess}, TOKEN_KEYS_INVALID. */
export async function openAccess(config: AccessConfig, log: Log, openTokens: OpenTokens): Promise<ServerAccess> {
  const since = await filesNow([config.access.htpasswd])
  const entries = await readAccess(config)
  const accounts = entries && createAccounts({ entries, groups: config.access.groups })
  let current = inForce(config)
  const rules = (): Rules => current.rules
  const realm = (): string => current.access.realm
  const tokens = await openTokens(accounts, rules)
  // The first one is what clients are asked for; the others are taken all the same.
  const schemes = [...(tokens ? [tokens.scheme] : []), ...(accounts ? [basicScheme({ accounts, rules, realm })] : [])]
  const authorize = createAuthorize({ rules, schemes })
  const byRules = tokens?.withSeals(authorize) ?? authorize
  const watch = accounts && watchAccounts(accounts, { config: () => current, since, log })
  return {
    authorize: (request, wish) => (current.isOpen ? allowAll : byRules)(request, wish),
    accounts,
    rules,
    tokens,
    async prepare(next) {
      const read = await readAccess(next)
      const made = inForce(next)
      return () => {
        current = made
        accounts?.replace({ groups: next.access.groups, ...(read && { entries: read }) })
      }
    },
    async close() {
      watch?.close()
      await tokens?.close()
    },
  }
}

interface InForce extends AccessConfig {
  readonly rules: Rules
  /** True while everybody may do everything. */
  readonly isOpen: boolean
}

function inForce({ access, token }: AccessConfig): InForce {
  return { access, token, rules: createRules(access.rules), isOpen: isOpen({ access, token }) }
}

function settingsOf({ access, token }: AccessConfig): AccessSettings {
  const rules = isOpen({ access, token }) ? [] : access.rules // the usual ones are for people who log in
  return { ...access, rules, outside: token.issuers.map(({ name }) => name) }
}

interface AccountsWatch {
  readonly config: () => AccessConfig
  /** What the file was before it was read. */
  readonly since: string
  readonly log: Log
}

/** Takes the accounts of the file whenever it has changed. What cannot be read is not taken; without a file nobody is known. */
function watchAccounts(accounts: AccountStore, { config, since, log }: AccountsWatch): FileWatch {
  const file = config().access.htpasswd
  const readAgain = async (): Promise<void> => {
    try {
      const entries = await readHtpasswd(file)
      accounts.replace({ entries })
      log.info('the accounts were read again', { accounts: entries.length })
      for (const problem of problemsOfAccess(settingsOf(config()), namesOf(entries))) log.warn(problem)
    } catch (error) {
      const isGone = !existsSync(file)
      if (isGone) accounts.replace({ entries: [] })
      log.error(isGone ? 'the file of accounts is gone: nobody can log in' : 'the accounts stay as they were', {
        error,
      })
    }
  }
  return watchFiles([file], since, () => void readAgain())
}

function namesOf(entries: readonly HtpasswdEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ name }) => name))
}
