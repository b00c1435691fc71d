import type { ServerAccess } from '../../notary/server/access.ts'
import { notaryLayout } from '../../notary/server/layout.ts'
import { type GunNames, gunNames } from '../../registry/access/gun-names.ts'
import { isName } from '../../registry/protocol/names.ts'
import { openAccess } from '../../registry/server/access.ts'
import { isOpen } from '../../registry/server/config/openness.ts'
import type { ServerConfig } from '../../registry/server/config/schema.ts'
import { notaryAccess } from '../../registry/server/notary-access.ts'
import { tokenOpener } from '../../registry/server/tokens.ts'
import type { RefreshTokenStore } from '../../registry/service/refresh-tokens.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Log } from '../../shared/log/log.ts'
import { accessOfRegistry } from '../adapters/notary-access.ts'

/** Who may do what with a notary that runs alone: the keys `hosts`, `access` and `token` of a registry's configuration. */
export interface AloneAccess {
  readonly server: ServerAccess
  /** Checks another configuration; the result brings it into force. Errors: ACCOUNTS_INVALID, SERVER_CONFIG_INVALID. */
  prepare(config: ServerConfig): Promise<() => void>
  close(): Promise<void>
}

export interface AloneAccessOptions {
  /** Data folder. */
  readonly root: string
  readonly config: ServerConfig
  readonly log: Log
}

/** Errors: ACCOUNTS_INVALID, SERVER_CONFIG_INVALID, TOKEN_KEYS_INVALID. */
export async function openAloneAccess({ root, config, log }: AloneAccessOptions): Promise<AloneAccess> {
  const inForce = { config }
  const names = (): GunNames => namesFor(inForce.config)
  const { tokenKeys: folder } = notaryLayout(root)
  const store = refreshTokensInMemory()
  const openTokens = tokenOpener({ folder, store, config: () => inForce.config, names, log })
  const access = await openAccess(config, log, openTokens)
  const isOpenNow = (): boolean => isOpen(inForce.config)
  const forNotary = notaryAccess({ inForce, access, names })
  if (!isOpenNow() && !forNotary.givesTokens) {
    await access.close()
    throw withoutTokens()
  }
  return {
    server: accessOfRegistry(forNotary, { isOpen: isOpenNow, log, logging: () => inForce.config.log.requests }),
    async prepare(next) {
      const use = await access.prepare(next)
      return () => {
        use()
        inForce.config = next
      }
    },
    close: () => access.close(),
  }
}

/** Clients of notaries log in with tokens alone. */
export function withoutTokens(): IbuildError {
  return new IbuildError(
    'SERVER_CONFIG_INVALID',
    'token.enabled: is false, and clients of a notary log in with tokens alone',
    { hint: 'Leave token.enabled out, or serve no notary: --notary-listen off.' },
  )
}

/** With `hosts` the collections of those alone; else of all, and rules are about what follows the host. */
function namesFor({ hosts }: Pick<ServerConfig, 'hosts'>): GunNames {
  if (hosts.length > 0) return gunNames(hosts)
  return {
    hosts: [],
    repositoryOf(gun) {
      const slash = gun.indexOf('/')
      const name = slash > 0 && /[.:]|^localhost$/.test(gun.slice(0, slash)) ? gun.slice(slash + 1) : gun
      return isName(name) ? name : undefined
    },
    gunsOf: () => [],
  }
}

/** Of one account, as clients that log in anew leave them. */
const mostTokens = 100

/** Clients of notaries seldom ask for tokens that stand for a password; after a restart they say it again. */
function refreshTokensInMemory(): RefreshTokenStore {
  type Row = Parameters<RefreshTokenStore['put']>[1]
  const rows = new Map<string, Row>()
  return {
    get: async (hash) => rows.get(hash),
    async put(hash, row) {
      rows.delete(hash)
      rows.set(hash, row)
      const own = [...rows].filter(([, { name }]) => name === row.name)
      for (const [old] of own.slice(0, Math.max(0, own.length - mostTokens))) rows.delete(old)
    },
    async sweep(isOver) {
      const over = [...rows].filter(([, row]) => isOver(row))
      for (const [hash] of over) rows.delete(hash)
      return over.length
    },
  }
}
