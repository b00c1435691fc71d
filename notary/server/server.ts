import type { Changes } from '../../shared/config/changes.ts'
import { type ActiveRequests, activeRequests } from '../../shared/web/active.ts'
import { startAdmin } from '../../shared/web/admin/server.ts'
import { clientListener, newState } from '../../shared/web/running.ts'
import { endRequests, serveClients, serveOperators } from '../../shared/web/serve.ts'
import { notaryErrorMessage } from '../http/error-reply.ts'
import { adminRoutes, largestCall } from './admin/routes.ts'
import { appsFor, type ServedNotary } from './apps.ts'
import { type NotaryConfig, usualPort } from './config/schema.ts'
import { checkExposure } from './exposure.ts'
import { notaryLayout } from './layout.ts'
import { httpLimits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import { applyConfig } from './running.ts'

export interface NotaryServerOptions extends ServedNotary {
  /** Data folder. */
  readonly root: string
  /** Milliseconds that requests may go on when the server is asked to stop. */
  readonly drain: () => number
}

/** A server that answers. */
export interface NotaryServer {
  readonly url: string
  /** URL for operators alone, when there is one. */
  readonly metricsUrl: string | undefined
  /** File with the certificate that clients must trust, of the server's own CA. */
  readonly authority: string | undefined
  /**
   * Brings another configuration into force, as far as that goes while it runs. Errors: EXPOSURE_REFUSED, TLS_INVALID; then all
   * stays.
   */
  apply(config: NotaryConfig): Promise<Changes>
  /**
   * Takes no more connections and no more publishes, waits for the requests that are there, and ends. False when not all came to
   * their end in time: these are cut off. The notary stays open.
   */
  stop(): Promise<boolean>
}

/** Starts to serve an open notary. Errors: LISTEN_FAILED, TLS_INVALID, EXPOSURE_REFUSED. */
export async function startNotary(options: NotaryServerOptions): Promise<NotaryServer> {
  const { root, inForce, log, notary } = options
  await checkExposure(inForce.config, isOpenFor(options))
  const { folder, adminSocket } = notaryLayout(root)
  const state = newState(inForce)
  const active = activeRequests()
  await using started = new AsyncDisposableStack()
  const metrics = await metricsFor(options, active)
  const apps = appsFor({ options, metrics, isDraining: () => state.isDraining })
  state.handle = apps.forClients()
  const web = { limits: httpLimits(inForce.config), errorMessage: notaryErrorMessage }
  const serving = { config: inForce.config, folder, what: 'notary', web, port: usualPort, log }
  const clients = await serveClients(clientListener(state, active), serving, started)
  const operators = await serveOperators(inForce.config, apps.forOperators, { web, started })
  const admin = { admin: notary.service, routes: adminRoutes, largestBody: largestCall, log }
  started.defer(await startAdmin(admin, adminSocket))
  const ending = started.move()
  return {
    url: clients.url,
    metricsUrl: operators?.url,
    authority: clients.tls?.authority,
    apply: (config) => applyConfig({ state, clients, operators, apps, isOpen: () => isOpenFor(options) }, config),
    async stop() {
      state.isDraining = true
      const isEmpty = await endRequests(clients.server, active, options.drain())
      await ending.disposeAsync()
      return isEmpty
    },
  }
}

async function metricsFor(
  { inForce, notary: { service, counts } }: NotaryServerOptions,
  active: ActiveRequests,
): Promise<Metrics | undefined> {
  if (!inForce.config.metrics.enabled) return undefined
  const { createMetrics } = await import('./metrics.ts')
  return createMetrics({ service, counts, requestsInProgress: () => active.count })
}

function isOpenFor({ access }: NotaryServerOptions): boolean {
  return access === undefined || access.isOpen()
}
