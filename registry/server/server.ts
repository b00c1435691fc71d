import type { Log } from '../../shared/log/log.ts'
import { type ActiveRequests, activeRequests } from '../../shared/web/active.ts'
import { startAdmin } from '../../shared/web/admin/server.ts'
import type { FurtherPaths } from '../../shared/web/further.ts'
import { clientListener, newState, type ServerState } from '../../shared/web/running.ts'
import { endRequests, serveClients, serveOperators } from '../../shared/web/serve.ts'
import { readEventSettings } from '../events/read-endpoints.ts'
import { registryErrorMessage } from '../http/configure-server.ts'
import { createScrubber } from '../scrub/scrubber.ts'
import type { Scrubber } from '../scrub/types.ts'
import { registryLayout } from '../storage/layout.ts'
import { openAccess, type ServerAccess } from './access.ts'
import { adminRoutes } from './admin/routes.ts'
import { serviceAdmin } from './admin/service-admin.ts'
import type { RegistryAdmin, ReloadReport } from './admin/types.ts'
import { appsFor } from './apps.ts'
import type { ServerConfig } from './config/schema.ts'
import { eventHost } from './event-host.ts'
import { openGate, type SignaturesFor } from './gate.ts'
import { createHealth } from './health.ts'
import { httpLimits } from './limits.ts'
import { createMetricsFor } from './measured.ts'
import { type NotaryAccess, notaryAccess } from './notary-access.ts'
import type { OpenRegistry } from './open-registry.ts'
import { currentGunNames } from './own-hosts.ts'
import { applyConfig } from './running.ts'
import { tokenOpener } from './tokens.ts'

export interface ServerOptions {
  /** Data folder. */
  readonly root: string
  /** The configuration in force; a reload puts another one here. */
  readonly inForce: { config: ServerConfig }
  readonly registry: OpenRegistry
  readonly log: Log
  /** Who knows of signatures, where that is somebody: without, none can be required. */
  readonly signatures?: SignaturesFor | undefined
  /** What others in this process tell among the metrics, in the text format of Prometheus. */
  readonly furtherMetrics?: (() => Promise<string>) | undefined
  /** Reads the configuration again, for who asks for it over the admin API. */
  readonly reload: () => Promise<ReloadReport>
  /** What is served beside the registry, by the same accounts. */
  readonly further?: readonly FurtherPaths[] | undefined
}

/** A server that answers. */
export interface RegistryServer {
  readonly url: string
  /** URL for operators alone, when there is one. */
  readonly metricsUrl: string | undefined
  /** File with the certificate that clients must trust, of the server's own CA. */
  readonly authority: string | undefined
  /** For who cares for the trusted collections of the registry's repositories. */
  readonly forNotary: NotaryAccess
  /** Brings another configuration into force, as far as that goes while it runs. Errors: SERVER_CONFIG_INVALID, TLS_INVALID; then all stays. */
  apply(config: ServerConfig): Promise<ReloadReport>
  /**
   * Takes no more connections and no more uploads, waits for the requests that are there, and ends. False when not all
   * came to their end in the configured time: these are cut off. The registry stays open.
   */
  stop(): Promise<boolean>
}

/** Starts to serve an open registry, of which this process is the owner. Errors: LISTEN_FAILED, TLS_INVALID, ACCOUNTS_INVALID, SERVER_CONFIG_INVALID, TOKEN_KEYS_INVALID. */
export async function startServer(options: ServerOptions): Promise<RegistryServer> {
  const { root, inForce, registry, log } = options
  const layout = registryLayout(root)
  const state = newState(inForce)
  const active = activeRequests()
  const { folder } = layout
  const readiness = createHealth({ service: registry.service, folder, isDraining: () => state.isDraining })
  await using started = new AsyncDisposableStack()
  const { refreshTokens: store } = registry.service
  const place = { url: '' }
  const names = currentGunNames(inForce, () => place.url)
  const openTokens = tokenOpener({ folder: layout.tokenKeys, store, config: () => inForce.config, names, log })
  const signatures = options.signatures?.({ names, service: registry.service })
  const gate = openGate(inForce.config, { registry, signatures, log })
  const access = await openAccess(inForce.config, log, openTokens)
  started.defer(() => access.close())
  const scrubber = scrubberFor(options, active)
  started.defer(() => scrubber.close())
  const { furtherMetrics: further } = options
  const metrics = await createMetricsFor(state, { registry, active, scrubber, readiness, access, gate, further })
  const apps = appsFor({ state, options, metrics, readiness, access, gate })
  state.handle = apps.forClients()
  const events = eventHost(registry, log)
  started.defer(() => registry.events.close())
  await registry.events.configure(await readEventSettings(inForce.config.events), events)
  const web = { limits: httpLimits(inForce.config), errorMessage: registryErrorMessage }
  const serving = { config: inForce.config, folder, what: 'registry', web, log }
  const { server, url, tls } = await serveClients(clientListener(state, active), serving, started)
  place.url = url
  events.listensAt(url)
  const operators = await serveOperators(inForce.config, apps.forOperators, { web, started })
  const admin = adminFor({ state, options, active, url, scrubber, access })
  started.defer(await startAdmin({ admin, routes: adminRoutes, log }, layout.adminSocket))
  registry.adoption.begin()
  const ending = started.move()
  return {
    url,
    metricsUrl: operators?.url,
    authority: tls?.authority,
    forNotary: notaryAccess({ inForce, access, names }),
    async apply(config) {
      const eventSettings = await readEventSettings(config.events)
      const report = await applyConfig({ state, server, tls, access, gate, log }, config)
      await registry.events.configure(eventSettings, events)
      state.handle = apps.forClients()
      return report
    },
    async stop() {
      state.isDraining = true
      const isEmpty = await endRequests(server, active, state.inForce.config.shutdown.drain)
      await ending.disposeAsync()
      return isEmpty
    },
  }
}

function scrubberFor({ registry, inForce, log }: ServerOptions, active: ActiveRequests): Scrubber {
  const { service, stored } = registry
  const settings = (): ServerConfig['scrub'] => inForce.config.scrub
  return createScrubber({ ...stored, service, settings, isBusy: () => active.count > 0, log })
}

interface AdminFor {
  readonly access: ServerAccess
  readonly scrubber: Scrubber
  readonly state: ServerState<ServerConfig>
  readonly options: ServerOptions
  readonly active: ActiveRequests
  readonly url: string
}

function adminFor({ state, options: { registry, reload }, active, url, scrubber, access }: AdminFor): RegistryAdmin {
  const startedAt = Date.now()
  const status = (): {
    pid: number
    url: string
    startedAt: number
    isDraining: boolean
    requestsInProgress: number
  } => ({
    pid: process.pid,
    url,
    startedAt,
    isDraining: state.isDraining,
    requestsInProgress: active.count,
  })
  return serviceAdmin({
    ...registry,
    rotateTokenKeys: (isRevoking) => access.tokens?.rotateKeys(isRevoking) ?? registry.rotateTokenKeys(isRevoking),
    server: { status, isReadOnlyConfigured: () => state.inForce.config.readOnly, reload, scrubber },
  })
}
