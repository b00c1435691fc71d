import type { NotaryServer } from '../../notary/server/server.ts'
import type { ReloadReport } from '../../registry/server/admin/types.ts'
import { checkExposure } from '../../registry/server/config/exposure.ts'
import type { ServerConfig } from '../../registry/server/config/schema.ts'
import { openRegistry } from '../../registry/server/open-registry.ts'
import { type RegistryServer, startServer } from '../../registry/server/server.ts'
import type { BesideConfig as RetentionConfig } from '../../retention/server/config/schema.ts'
import { createLog, type Log } from '../../shared/log/log.ts'
import { type BesideConfig, type BesideNotary, openBeside } from './beside-notary.ts'
import { type BesideRetention, besideRetention } from './beside-retention.ts'
import type { ServeHost } from './host.ts'
import { oneByOne } from './one-by-one.ts'
import { registryTrust } from './registry-trust.ts'
import { authorityLine, notaryReadyLine } from './serve-notary.ts'
import { toldReload, toldStop } from './told.ts'
import { trustLine } from './trust-line.ts'
import { boundYoungHeap } from './young-heap.ts'

/** A configuration as it was read. */
export interface ServeConfig {
  readonly config: ServerConfig
  /** Data folder. */
  readonly root: string
  /** To which paths of keys in the configuration are relative. */
  readonly folder: string
  readonly notices: readonly string[]
  /** Undefined for a registry that runs alone. */
  readonly notary: BesideConfig | undefined
  readonly retention: RetentionConfig
}

/**
 * Serves until the host says to stop; resolves to the exit code. `load` reads the configuration, at the start and for each
 * reload. Errors: those of it, EXPOSURE_REFUSED, SERVER_BUSY, LISTEN_FAILED, TLS_INVALID and those of opening the stores.
 */
export async function serve(load: () => Promise<ServeConfig>, host: ServeHost): Promise<number> {
  using _heap = boundYoungHeap()
  const { config, root, folder, notices, notary: wanted, retention: retentionConfig } = await load()
  await checkExposure(config)
  const log = createLog(config.log, { write: host.writeLog, isTerminal: host.isTerminal })
  for (const notice of notices) log.warn(notice)
  const inForce = { config }
  const isReadOnly = (): boolean => inForce.config.readOnly
  await using opened = new AsyncDisposableStack()
  opened.defer(() => log.flush())
  const beside = wanted && (await openBeside({ root, beside: wanted, inForce, log }))
  opened.defer(async () => beside?.close())
  const current = (): ServerConfig => inForce.config
  const { trustConnection: connection } = host
  const trust = registryTrust({ root, folder, config: current, notary: beside?.notary.service, connection, log })
  opened.use(trust)
  const { signatures, signedIn } = trust
  const fresh = opened.use(await host.freshImages(root, log))
  const retention = besideRetention({ root, config: retentionConfig, fresh, version: host.version, log })
  const roots = [...trust.roots, ...retention.roots]
  const registry = await openRegistry({ root, config, inForce: current, log, roots, isReadOnly, isServing: true })
  opened.defer(() => registry.service.close())
  await retention.open(registry, signedIn)
  opened.defer(() => retention.close())
  const reload = oneByOne(() => toldReload(log, () => reloadConfig({ server, beside, retention }, load, log)))
  const { paths: further, metrics: furtherMetrics } = retention
  const server = await startServer({ root, inForce, registry, signatures, further, furtherMetrics, log, reload })
  const notary = await beside?.start(server.forNotary).catch(async (error: unknown) => {
    await server.stop()
    throw error
  })
  await retention.begin()
  host.onReload(() => void reload().catch(() => undefined))
  tellReady({ server, notary, config, host, log })
  await host.stopped
  return await toldStop(log, [server, retention, ...(beside === undefined ? [] : [beside])])
}

interface Ready {
  readonly server: RegistryServer
  readonly notary: NotaryServer | undefined
  readonly config: ServerConfig
  readonly host: ServeHost
  readonly log: Log
}

function tellReady({ server, notary, config, host, log }: Ready): void {
  log.info('serving', { url: server.url, root: config.root, pid: process.pid, metrics: server.metricsUrl })
  if (server.authority !== undefined) log.info(trustLine(server.authority, server.url, config))
  if (notary !== undefined) log.info('serving trusted collections', { url: notary.url, metrics: notary.metricsUrl })
  if (notary?.authority !== undefined) log.info(authorityLine(notary.authority))
  log.flush()
  const lines = [
    `ibuild serves a registry at ${server.url}`,
    ...(notary === undefined ? [] : [notaryReadyLine(notary)]),
  ]
  host.tellReady(lines.map((line) => `${line}\n`).join(''))
}

interface Running {
  readonly server: RegistryServer
  readonly beside: BesideNotary | undefined
  readonly retention: BesideRetention
}

/** What a reload changed. When the new configuration cannot be used, the old one stays. */
async function reloadConfig(
  { server, beside, retention }: Running,
  load: () => Promise<ServeConfig>,
  log: Log,
): Promise<ReloadReport> {
  const { config, notices, notary, retention: retentionConfig } = await load()
  for (const notice of notices) log.warn(notice)
  const { changed, waiting } = await server.apply(config)
  const { live, atRestart } = (notary && (await beside?.apply(notary.config))) ?? { live: [], atRestart: [] }
  const kept = await retention.apply(retentionConfig)
  return { changed: [...changed, ...live, ...kept.live], waiting: [...waiting, ...atRestart, ...kept.atRestart] }
}
