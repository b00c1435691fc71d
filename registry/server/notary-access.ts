import type { RequestListener } from 'node:http'
import { inNetworks } from '../../shared/net/networks.ts'
import { type AuthorizeGun, gunAuthorize } from '../access/authorize-gun.ts'
import type { GunNames } from '../access/gun-names.ts'
import { createPages } from '../http/app.ts'
import type { OnFinished } from '../http/finished-request.ts'
import type { ServerAccess } from './access.ts'
import type { ServerConfig } from './config/schema.ts'
import { httpLimits } from './limits.ts'

/** Who may do what in collections, by the accounts, rules and tokens of the registry. */
export interface NotaryAccess {
  readonly authorize: AuthorizeGun
  /** Which collections are of repositories here; those in force. */
  readonly names: () => GunNames
  /** True where the registry gives tokens. Clients of notaries do not send a name and a password in any other way. */
  readonly givesTokens: boolean
  /** Answers `/token` as the registry does, on another address: the token is asked for where the client came to. */
  tokenPages(onFinished: OnFinished): RequestListener
}

interface Parts {
  readonly inForce: { readonly config: ServerConfig }
  readonly access: ServerAccess
  readonly names: () => GunNames
}

export function notaryAccess({ inForce, access, names }: Parts): NotaryAccess {
  return {
    authorize: gunAuthorize(access.authorize, names),
    names,
    givesTokens: access.tokens !== undefined,
    tokenPages(onFinished) {
      const { trustedProxies } = inForce.config
      const limits = httpLimits(inForce.config)
      const isProxy = trustedProxies.length === 0 ? undefined : inNetworks(trustedProxies)
      return createPages({ limits, isProxy, onFinished, routes: access.tokens?.routes(limits) ?? [] })
    },
  }
}
