import type { Changes } from '../../shared/config/changes.ts'
import { changeLimits } from '../../shared/web/configure-server.ts'
import { addressOf, type ServerState } from '../../shared/web/running.ts'
import type { ClientServer } from '../../shared/web/serve.ts'
import type { Apps } from './apps.ts'
import { changesBetween, withLive } from './config/changes.ts'
import type { NotaryConfig } from './config/schema.ts'
import { refuseExposure } from './exposure.ts'
import { httpLimits } from './limits.ts'

/** What a new configuration is brought into force on. */
export interface Running {
  readonly state: ServerState<NotaryConfig>
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
