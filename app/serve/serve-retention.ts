import type { RequestListener } from 'node:http'
import type { RetentionService } from '../../retention/run/types.ts'
import type { AloneConfig } from '../../retention/server/config/schema.ts'
import type { Target } from '../../retention/server/config/target-kind.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { createLog } from '../../shared/log/log.ts'
import { isLoopback, parseAddress } from '../../shared/web/address.ts'
import type { ErrorMessage } from '../../shared/web/client-error.ts'
import { defaultWebLimits } from '../../shared/web/limits.ts'
import { resolveAddress } from '../../shared/web/listen.ts'
import { serveOperators } from '../../shared/web/serve.ts'
import type { ServeHost } from './host.ts'
import { lookAfterAll } from './looked-after-all.ts'
import { oneByOne } from './one-by-one.ts'
import { dockerWanted, storeWanted } from './source-wanted.ts'
import { startTargetRuns } from './target-runs.ts'
import { toldReload, toldStop } from './told.ts'

/** A configuration of retention that runs alone, as it was read. */
export interface ServeRetentionConfig {
  readonly config: AloneConfig
  /** Data folder. */
  readonly root: string
}

export interface ServeRetentionHost extends ServeHost {
  /** The API of a registry elsewhere. Errors: SERVER_CONFIG_INVALID for files that cannot be read. */
  readonly connect: (target: Target) => Promise<RetentionService>
}

/**
 * Looks after sources without a registry until the host says to stop; resolves to the exit code. `load` reads the configuration, at the
 * start and for each reload, which brings files of policies and the log into force. Errors: those of it, SERVER_BUSY, STORE_INVALID,
 * LISTEN_FAILED, EXPOSURE_REFUSED.
 */
export async function serveRetention(
  load: () => Promise<ServeRetentionConfig>,
  host: ServeRetentionHost,
): Promise<number> {
  const { config, root } = await load()
  await checkExposed(config)
  const inForce = { config }
  const log = createLog(config.log, { write: host.writeLog, isTerminal: host.isTerminal })
  await using opened = new AsyncDisposableStack()
  opened.defer(() => log.flush())
  const alive = setInterval(() => undefined, 2 ** 30) // nothing else keeps a process that only waits for its next run
  opened.defer(() => clearInterval(alive))
  const fresh = opened.use(await host.freshImages(root, log))
  const { docker, store, targets } = config
  const all = await lookAfterAll(
    [
      ...(docker.host === '' ? [] : [dockerWanted(docker.host, fresh, () => inForce.config.docker.policy)]),
      ...(store.enabled ? [storeWanted(root, fresh, () => inForce.config.store.policy)] : []),
    ],
    { root, log },
  )
  opened.defer(() => all.close())
  if (all.sources.size > 0) await all.serveOwner(host.version)
  const pages = (): RequestListener => operatorPages(config.metrics.enabled ? () => all.metrics() : undefined)
  await using started = new AsyncDisposableStack()
  const web = { limits: defaultWebLimits, errorMessage: unreadable }
  const operators = await serveOperators(config, pages, { web, started })
  const runs = await startTargetRuns({ root, targets, connect: host.connect, log })
  all.begin()
  const reload = oneByOne(() =>
    toldReload(log, async () => {
      inForce.config = (await load()).config
      log.configure(inForce.config.log)
      await all.reload()
      return { policies: [...all.sources.keys()] }
    }),
  )
  host.onReload(() => void reload().catch(() => undefined))
  const names = [...all.sources.keys(), ...targets.map(({ url }) => url)]
  log.info('looking after', { sources: names.join(', '), root, pid: process.pid, metrics: operators?.url })
  log.flush()
  host.tellReady(`ibuild looks after ${names.join(', ')}\n`)
  await host.stopped
  const stop = async (): Promise<boolean> => {
    await Promise.all([all.stop(), runs.stop()])
    return true
  }
  return await toldStop(log, [{ stop }])
}

/** For whoever sends what is no request. */
const unreadable: ErrorMessage = ({ status, reason }) => `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\n\r\n`

/** Errors: EXPOSURE_REFUSED. */
async function checkExposed({ metrics, insecure }: AloneConfig): Promise<void> {
  if (metrics.listen === '' || insecure.anonymousMetrics) return
  const { ip } = await resolveAddress(parseAddress(metrics.listen, 'metrics.listen'))
  if (isLoopback(ip)) return
  const problem = `${metrics.listen}: everyone who reaches this address could read the metrics, by plain HTTP.`
  throw new IbuildError('EXPOSURE_REFUSED', problem, {
    hint: 'To allow that say insecure.anonymousMetrics: true; or listen on loopback.',
  })
}

/** What is well is told without asking anything; metrics are for who may reach the address. */
function operatorPages(metrics: (() => Promise<string>) | undefined): RequestListener {
  return ({ url, method }, response) => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, {
        'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
        'Cache-Control': 'no-store',
      })
      response.end(method === 'HEAD' ? undefined : text)
    }
    if (method !== 'GET' && method !== 'HEAD') return answer(405, 'only GET and HEAD\n')
    if (url === '/healthz') return answer(200, 'ok\n')
    if (url !== '/metrics' || metrics === undefined) return answer(404, 'there are /healthz and /metrics\n')
    metrics().then(
      (text) => answer(200, text),
      () => answer(500, 'metrics cannot be told now\n'),
    )
  }
}
