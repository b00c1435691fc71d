import type { Log } from '../../shared/log/log.ts'
import { changeLimits } from '../../shared/web/configure-server.ts'
import type { WebServer } from '../../shared/web/listen.ts'
import { addressOf, type ServerState } from '../../shared/web/running.ts'
import type { TlsSource } from '../../shared/web/tls/source.ts'
import type { ServerAccess } from './access.ts'
import type { ReloadReport } from './admin/types.ts'
import { changesBetween, withLive } from './config/changes.ts'
import { refuseExposure } from './config/exposure.ts'
import type { ServerConfig } from './config/schema.ts'
import type { ServerGate } from './gate.ts'
import { httpLimits } from './limits.ts'

/** What a new configuration is brought into force on. */
export interface Running {
  readonly state: ServerState<ServerConfig>
  readonly server: WebServer
  readonly tls: TlsSource | undefined
  readonly access: ServerAccess
  readonly gate: ServerGate
  readonly log: Log
}

/** Errors: EXPOSURE_REFUSED, ACCOUNTS_INVALID, SERVER_CONFIG_INVALID, TLS_INVALID; then all stays as it was. */
export async function applyConfig(
  { state, server, tls, access, gate, log }: Running,
  wanted: ServerConfig,
): Promise<ReloadReport> {
  const { live, atRestart } = changesBetween(state.inForce.config, wanted)
  const config = withLive(state.inForce.config, wanted)
  refuseExposure(config, { clients: addressOf(server) })
  const useGate = gate.prepare(config)
  const useAccess = await access.prepare(config)
  await tls?.refresh(config)
  useAccess()
  useGate()
  state.inForce.config = config
  log.configure(config.log)
  changeLimits(server, httpLimits(config))
  return { changed: live, waiting: atRestart }
}
