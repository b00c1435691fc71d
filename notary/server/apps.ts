import type { RequestListener } from 'node:http'
import type { Log } from '../../shared/log/log.ts'
import { inNetworks } from '../../shared/net/networks.ts'
import { type Access, createNotaryApp } from '../http/app.ts'
import { notFound } from '../http/error-reply.ts'
import { type ServerAccess, tokenPaths } from './access.ts'
import type { NotaryConfig } from './config/schema.ts'
import { httpLimits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { OpenNotary } from './open-notary.ts'
import { serverPages } from './pages.ts'
import { logRequest } from './request-log.ts'

/** What is served, and to whom. */
export interface ServedNotary {
  /** The configuration in force; a reload puts another one here. */
  readonly inForce: { config: NotaryConfig }
  readonly notary: OpenNotary
  readonly log: Log
  /** Everybody may do everything otherwise. */
  readonly access?: ServerAccess | undefined
}

export interface AppParts {
  readonly options: ServedNotary
  readonly metrics: Metrics | undefined
  readonly isDraining: () => boolean
}

/** The notary as listeners for requests, each made for the configuration in force. */
export interface Apps {
  readonly forClients: () => RequestListener
  readonly forOperators: () => RequestListener
}

export function appsFor(parts: AppParts): Apps {
  const { access } = parts.options
  return {
    forClients: () => withTokenPages(appFor(parts, { access, isForOperators: false }), access?.tokenPages),
    forOperators: () => appFor(parts, { access: nobody, isForOperators: true }),
  }
}

/** The notary is not served to operators. */
const nobody: Access = {
  authorize: () => {
    throw notFound()
  },
  isOpen: () => false,
}

function appFor(
  { options: { notary, log, inForce }, metrics, isDraining }: AppParts,
  { access, isForOperators }: { readonly access: Access | undefined; readonly isForOperators: boolean },
): RequestListener {
  const { service } = notary
  const { trustedProxies } = inForce.config
  return createNotaryApp({
    service,
    access,
    limits: httpLimits(inForce.config),
    cache() {
      const { current, consistent } = inForce.config.cache
      return { current: Math.floor(current / 1000), consistent: Math.floor(consistent / 1000) }
    },
    isDraining,
    isProxy: trustedProxies.length === 0 ? undefined : inNetworks(trustedProxies),
    pages: serverPages({ service, metrics, isDraining, isForOperators }),
    onFinished(request) {
      metrics?.finished(request)
      logRequest(log, request, inForce.config.requests)
    },
  })
}

function withTokenPages(app: RequestListener, tokenPages: RequestListener | undefined): RequestListener {
  if (tokenPages === undefined) return app
  return (request, response) => {
    const { url = '' } = request
    const mark = url.indexOf('?')
    return (tokenPaths.has(mark < 0 ? url : url.slice(0, mark)) ? tokenPages : app)(request, response)
  }
}
