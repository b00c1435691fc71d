import type { RequestListener } from 'node:http'
import type { Log } from '../../shared/log/log.ts'
import { inNetworks } from '../../shared/net/networks.ts'
import type { FurtherPaths } from '../../shared/web/further.ts'
import type { ServerState } from '../../shared/web/running.ts'
import { createApp } from '../http/app.ts'
import type { Authorize } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import type { ServerAccess } from './access.ts'
import type { ServerConfig } from './config/schema.ts'
import type { ServerGate } from './gate.ts'
import type { Readiness } from './health.ts'
import { httpLimits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { OpenRegistry } from './open-registry.ts'
import { serverPages } from './pages.ts'
import { logRequest } from './request-log.ts'
import { withRules } from './rules.ts'

export interface AppParts {
  readonly state: ServerState<ServerConfig>
  readonly access: ServerAccess
  readonly gate: ServerGate
  readonly options: {
    readonly registry: OpenRegistry
    readonly log: Log
    readonly further?: readonly FurtherPaths[] | undefined
  }
  readonly metrics: Metrics | undefined
  readonly readiness: () => Promise<Readiness>
}

/** The registry as listeners for requests, each made for the configuration in force. */
export interface Apps {
  readonly forClients: () => RequestListener
  readonly forOperators: () => RequestListener
}

export function appsFor({
  state,
  access,
  gate,
  options: { registry, log, further },
  metrics,
  readiness,
}: AppParts): Apps {
  const make = (authorize: Authorize, isForOperators: boolean): RequestListener => {
    const { config } = state.inForce
    const limits = httpLimits(config)
    const { trustedProxies } = config
    const tokenRoutes = isForOperators ? undefined : access.tokens?.routes(limits)
    return createApp({
      service: registry.service,
      authorize,
      gate: gate.current,
      limits,
      isProxy: trustedProxies.length === 0 ? undefined : inNetworks(trustedProxies),
      further: isForOperators ? [] : further,
      routes: [...serverPages({ readiness, metrics, isForOperators }), ...(tokenRoutes ?? [])],
      onFinished(request) {
        metrics?.finished(request)
        if (request.pull !== undefined) registry.events.pulled(request.pull)
        logRequest(log, request, state.inForce.config.log.requests)
      },
    })
  }
  return { forClients: () => make(withRules(state, access.authorize), false), forOperators: () => make(nobody, true) }
}

/** The registry is not served to operators. */
const nobody: Authorize = () => {
  throw new RegistryError('UNSUPPORTED', 'the registry is at another address', { status: 404 })
}
