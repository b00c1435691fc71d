import type { AloneConfig } from '../../notary/server/config/schema.ts'
import { checkExposure } from '../../notary/server/exposure.ts'
import { openNotary } from '../../notary/server/open-notary.ts'
import { type NotaryServer, startNotary } from '../../notary/server/server.ts'
import { isOpen } from '../../registry/server/config/openness.ts'
import type { ServerConfig } from '../../registry/server/config/schema.ts'
import { refuseUnfinishedRestore } from '../../registry/storage/unfinished-restore.ts'
import type { Changes } from '../../shared/config/changes.ts'
import { createLog, type Log } from '../../shared/log/log.ts'
import { startAdmin } from '../../shared/web/admin/server.ts'
import { signedRoutes, signedSocket } from '../adapters/signed-socket.ts'
import { signedHere } from '../adapters/trust-roots.ts'
import { type AloneAccess, openAloneAccess } from './alone-access.ts'
import type { ServeHost } from './host.ts'
import { oneByOne } from './one-by-one.ts'
import { serveNotaryRows } from './rows-socket.ts'
import { toldReload, toldStop } from './told.ts'
import { boundYoungHeap } from './young-heap.ts'

/** A configuration of a notary that runs alone, as it was read. */
export interface ServeNotaryConfig {
  readonly config: AloneConfig
  /** Who may do what: of this the keys `hosts`, `access` and `token` count. */
  readonly access: ServerConfig
  /** Data folder. */
  readonly root: string
  /** What unlocks the keys that sign; secret. */
  readonly passphrase: string | undefined
}

/**
 * Serves a notary until the host says to stop; resolves to the exit code. `load` reads the configuration, at the start and for each
 * reload. Errors: those of it, EXPOSURE_REFUSED, SERVER_BUSY, LISTEN_FAILED, TLS_INVALID, SIGNER_INVALID and those of opening the store.
 */
export async function serveNotary(load: () => Promise<ServeNotaryConfig>, host: ServeHost): Promise<number> {
  using _heap = boundYoungHeap()
  const { config, root, passphrase, access: accessConfig } = await load()
  const log = createLog(config.log, { write: host.writeLog, isTerminal: host.isTerminal })
  const wanted = { config } // also what is of a process alone, which the server does not know
  await checkExposure(config, isOpen(accessConfig))
  await using opened = new AsyncDisposableStack()
  opened.defer(() => log.flush())
  await refuseUnfinishedRestore(root)
  const notary = await openNotary({ root, config, passphrase, log })
  opened.defer(() => notary.service.close())
  opened.defer(await serveNotaryRows(root, notary.snapshots, log))
  opened.defer(await startAdmin({ admin: signedHere(notary.service), routes: signedRoutes, log }, signedSocket(root)))
  const access = await openAloneAccess({ root, config: accessConfig, log })
  opened.defer(() => access.close())
  const drain = (): number => wanted.config.shutdown.drain
  const server = await startNotary({ root, inForce: { config }, notary, log, access: access.server, drain })
  const reload = oneByOne(() => toldReload(log, () => reloadConfig({ server, access, wanted }, load, log)))
  host.onReload(() => void reload().catch(() => undefined))
  log.info('serving', { url: server.url, root, pid: process.pid, metrics: server.metricsUrl })
  if (server.authority !== undefined) log.info(authorityLine(server.authority))
  log.flush()
  host.tellReady(`${notaryReadyLine(server)}\n`)
  await host.stopped
  return await toldStop(log, [server])
}

/** For scripts that wait for the server. */
export function notaryReadyLine({ url }: Pick<NotaryServer, 'url'>): string {
  return `ibuild serves trusted collections at ${url}`
}

/** What clients have to trust, as one line. */
export function authorityLine(authority: string): string {
  return `clients of the notary have to trust ${authority}`
}

interface Running {
  readonly server: NotaryServer
  readonly access: AloneAccess
  /** The configuration as it was read last. */
  readonly wanted: { config: AloneConfig }
}

async function reloadConfig(
  { server, access, wanted }: Running,
  load: () => Promise<ServeNotaryConfig>,
  log: Log,
): Promise<Changes> {
  const next = await load()
  const useAccess = await access.prepare(next.access)
  const changes = await server.apply(next.config)
  useAccess()
  wanted.config = next.config
  log.configure(next.config.log)
  return changes
}
