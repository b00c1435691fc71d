import { existsSync } from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import { type AccountStore, createAccounts } from '../access/accounts.ts'
import { createAuthorize } from '../access/authorize.ts'
import { basicScheme } from '../access/basic.ts'
import { problemsOfAccess } from '../access/check-rules.ts'
import type { HtpasswdEntry } from '../access/htpasswd.ts'
import { readHtpasswd } from '../access/htpasswd-file.ts'
import { createRules } from '../access/rules.ts'
import type { Rules } from '../access/types.ts'
import { type Authorize, allowAll } from '../http/authorize.ts'
import { isOpen } from './config/openness.ts'
import type { ServerConfig } from './config/schema.ts'
import type { Log } from './log.ts'
import { type FileWatch, watchFiles } from './tls/watch.ts'

type AccessConfig = Pick<ServerConfig, 'access'>

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
  close(): void
}

/** The accounts that a configuration has, checked with its rules. Errors: ACCOUNTS_INVALID, SERVER_CONFIG_INVALID. */
export async function readAccess({ access }: AccessConfig): Promise<readonly HtpasswdEntry[] | undefined> {
  const entries = access.htpasswd === '' ? undefined : await readHtpasswd(access.htpasswd)
  const rules = isOpen({ access }) ? [] : access.rules // the usual ones are for people who log in
  const problems = problemsOfAccess({ ...access, rules }, entries && namesOf(entries))
  if (problems.length > 0) throw new IbuildError('SERVER_CONFIG_INVALID', problems.join('\n'))
  return entries
}

/** Opens what a configuration says. Errors: those of {@link readAccess}. */
export async function openAccess(config: AccessConfig, log: Log): Promise<ServerAccess> {
  const entries = await readAccess(config)
  const accounts = entries && createAccounts({ entries, groups: config.access.groups })
  let current = inForce(config)
  const rules = (): Rules => current.rules
  const realm = (): string => current.access.realm
  const schemes = accounts ? [basicScheme({ accounts, rules, realm })] : []
  const byRules = createAuthorize({ rules, schemes })
  const watch = accounts && watchAccounts(accounts, () => current, log)
  return {
    authorize: (request, wish) => (current.isOpen ? allowAll : byRules)(request, wish),
    accounts,
    rules,
    async prepare(next) {
      const read = await readAccess(next)
      const made = inForce(next)
      return () => {
        current = made
        accounts?.replace({ groups: next.access.groups, ...(read && { entries: read }) })
      }
    },
    close: () => watch?.close(),
  }
}

interface InForce extends AccessConfig {
  readonly rules: Rules
  /** True while everybody may do everything. */
  readonly isOpen: boolean
}

function inForce({ access }: AccessConfig): InForce {
  return { access, rules: createRules(access.rules), isOpen: isOpen({ access }) }
}

/** Takes the accounts of the file whenever it has changed. What cannot be read is not taken; without a file nobody is known. */
function watchAccounts(accounts: AccountStore, config: () => AccessConfig, log: Log): FileWatch {
  const file = config().access.htpasswd
  const readAgain = async (): Promise<void> => {
    try {
      const entries = await readHtpasswd(file)
      accounts.replace({ entries })
      log.info('the accounts were read again', { accounts: entries.length })
      for (const problem of problemsOfAccess(config().access, namesOf(entries))) log.warn(problem)
    } catch (error) {
      const isGone = !existsSync(file)
      if (isGone) accounts.replace({ entries: [] })
      log.error(isGone ? 'the file of accounts is gone: nobody can log in' : 'the accounts stay as they were', {
        error,
      })
    }
  }
  return watchFiles([file], () => void readAgain())
}

function namesOf(entries: readonly HtpasswdEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ name }) => name))
}
