import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import type { Changes } from '../../shared/config/changes.ts'
import { type ActiveRequests, activeRequests } from '../../shared/web/active.ts'
import { startAdmin } from '../../shared/web/admin/server.ts'
import { listen, makeWebServer, urlOf, type WebServer } from '../../shared/web/listen.ts'
import { addressOf, closeServer, countedListener, useMaterial } from '../../shared/web/running.ts'
import { openTlsSource, type TlsSource } from '../../shared/web/tls/source.ts'
import { notaryErrorMessage } from '../http/error-reply.ts'
import { adminRoutes, largestCall } from './admin/routes.ts'
import { type Apps, appsFor, type ServedNotary } from './apps.ts'
import { changesBetween, withLive } from './config/changes.ts'
import { type NotaryConfig, usualPort } from './config/schema.ts'
import { checkExposure, refuseExposure } from './exposure.ts'
import { notaryLayout } from './layout.ts'
import { httpLimits } from './limits.ts'
import type { Metrics } from './metrics.ts'

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

/** What changes while a server runs. */
interface State {
  readonly inForce: { config: NotaryConfig }
  isDraining: boolean
  handle: RequestListener
}

/** Starts to serve an open notary. Errors: LISTEN_FAILED, TLS_INVALID, EXPOSURE_REFUSED. */
export async function startNotary(options: NotaryServerOptions): Promise<NotaryServer> {
  const { root, inForce, log } = options
  const state: State = { inForce, isDraining: false, handle: () => undefined }
  await checkExposure(inForce.config, isOpenFor(options))
  const active = activeRequests()
  await using started = new AsyncDisposableStack()
  const metrics = await metricsFor(options, active)
  const apps = appsFor({ options, metrics, isDraining: () => state.isDraining })
  state.handle = apps.forClients()
  const tls = await openTlsSource({
    config: inForce.config,
    folder: notaryLayout(root).folder,
    what: 'notary',
    log,
    onChange: (material) => useMaterial(server, material),
  })
  if (tls !== undefined) started.defer(() => tls.close())
  const listener = countedListener(state, active, () => inForce.config.headers)
  const limits = httpLimits(inForce.config)
  const server = makeWebServer(listener, { limits, tls: tls?.material, errorMessage: notaryErrorMessage })
  started.defer(() => closeServer(server))
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    log.debug('a client and the server did not agree on TLS', { client: socket.remoteAddress, error })
  })
  const place = await listen(server, inForce.config.listen, { key: 'listen', port: usualPort })
  const operators = await startForOperators(inForce.config, apps)
  if (operators !== undefined) started.defer(() => closeServer(operators.server))
  const { adminSocket } = notaryLayout(root)
  const admin = { admin: options.notary.service, routes: adminRoutes, largestBody: largestCall, log }
  started.defer(await startAdmin(admin, adminSocket))
  const ending = started.move()
  return {
    url: urlOf(place, tls !== undefined),
    metricsUrl: operators?.url,
    authority: tls?.authority,
    apply: (config) => applyConfig({ state, server, operators: operators?.server, tls, options, apps }, config),
    async stop() {
      state.isDraining = true
      const closed = closeServer(server, false)
      active.closeAfterwards()
      const isEmpty = await active.ended(options.drain())
      server.closeAllConnections()
      await closed
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

interface Operators {
  readonly server: WebServer
  readonly url: string
}

async function startForOperators(config: NotaryConfig, apps: Apps): Promise<Operators | undefined> {
  if (config.metrics.listen === '') return undefined
  const server = makeWebServer(apps.forOperators(), { limits: httpLimits(config), errorMessage: notaryErrorMessage })
  return { server, url: urlOf(await listen(server, config.metrics.listen, { key: 'metrics.listen' }), false) }
}

function isOpenFor({ access }: NotaryServerOptions): boolean {
  return access === undefined || access.isOpen()
}

interface Running {
  readonly state: State
  readonly server: WebServer
  readonly operators: WebServer | undefined
  readonly tls: TlsSource | undefined
  readonly options: NotaryServerOptions
  readonly apps: Apps
}

async function applyConfig(running: Running, wanted: NotaryConfig): Promise<Changes> {
  const { state, server, operators, tls, options, apps } = running
  const changes = changesBetween(state.inForce.config, wanted)
  const config = withLive(state.inForce.config, wanted)
  refuseExposure(config, {
    clients: addressOf(server),
    operators: operators && addressOf(operators),
    isOpen: isOpenFor(options),
  })
  await tls?.refresh(config)
  state.inForce.config = config
  state.handle = apps.forClients()
  const { headersTimeout, keepAliveTimeout, connections } = httpLimits(config)
  Object.assign(server, { headersTimeout, keepAliveTimeout, maxConnections: connections || Number.POSITIVE_INFINITY })
  return changes
}
