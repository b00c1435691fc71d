import type { RequestListener } from 'node:http'
import type { Changes } from '../../shared/config/changes.ts'
import type { ActiveRequests } from '../../shared/web/active.ts'
import { changeLimits } from '../../shared/web/configure-server.ts'
import { addressOf, countedListener } from '../../shared/web/running.ts'
import type { ClientServer } from '../../shared/web/serve.ts'
import type { Apps } from './apps.ts'
import { changesBetween, withLive } from './config/changes.ts'
import type { NotaryConfig } from './config/schema.ts'
import { refuseExposure } from './exposure.ts'
import { httpLimits } from './limits.ts'

/** What changes while a server runs. */
export interface ServerState {
  readonly inForce: { config: NotaryConfig }
  isDraining: boolean
  /** The notary over HTTP, with the limits of the configuration. */
  handle: RequestListener
}

/** Hands requests on, counted, with the headers of the configuration on their answers. */
export function clientListener(state: ServerState, active: ActiveRequests): RequestListener {
  return countedListener(state, active, () => state.inForce.config.headers)
}

/** What a new configuration is brought into force on. */
export interface Running {
  readonly state: ServerState
  readonly clients: ClientServer
  readonly operators: Pick<ClientServer, 'server'> | undefined
  readonly apps: Apps
  /** True while everybody may do everything. */
  readonly isOpen: () => boolean
}

/** Errors: EXPOSURE_REFUSED, TLS_INVALID; then all stays as it was. */
export async function applyConfig(
  { state, clients: { server, tls }, operators, apps, isOpen }: Running,
  wanted: NotaryConfig,
): Promise<Changes> {
  const changes = changesBetween(state.inForce.config, wanted)
  const config = withLive(state.inForce.config, wanted)
  const addresses = { clients: addressOf(server), operators: operators && addressOf(operators.server) }
  refuseExposure(config, { ...addresses, isOpen: isOpen() })
  await tls?.refresh(config)
  state.inForce.config = config
  state.handle = apps.forClients()
  changeLimits(server, httpLimits(config))
  return changes
}
