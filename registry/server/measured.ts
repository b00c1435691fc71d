import type { ActiveRequests } from '../../shared/web/active.ts'
import type { ServerState } from '../../shared/web/running.ts'
import type { Scrubber } from '../scrub/types.ts'
import type { ServerAccess } from './access.ts'
import type { ServerConfig } from './config/schema.ts'
import type { ServerGate } from './gate.ts'
import type { Readiness } from './health.ts'
import type { Metrics } from './metrics.ts'
import type { OpenRegistry } from './open-registry.ts'

/** What metrics are of. */
export interface Measured {
  readonly scrubber: Scrubber
  readonly registry: OpenRegistry
  readonly active: ActiveRequests
  readonly readiness: () => Promise<Readiness>
  readonly access: ServerAccess
  readonly gate: ServerGate
  /** What others tell of, in the text format of Prometheus. */
  readonly further: (() => Promise<string>) | undefined
}

/** Undefined where the configuration wants none. */
export async function createMetricsFor(
  state: ServerState<ServerConfig>,
  { registry, active, readiness, access, gate, scrubber, further = async () => '' }: Measured,
): Promise<Metrics | undefined> {
  if (!state.inForce.config.metrics.enabled) return undefined
  const { createMetrics } = await import('./metrics.ts')
  const { service, space, gc } = registry
  const metrics = createMetrics({
    requestsInProgress: () => active.count,
    logins: () => access.accounts?.counts,
    openUploads: async () => (await service.uploads.list()).length,
    space,
    isReadOnly: () => service.isReadOnly,
    garbage: gc,
    gated: gate.counts,
    further,
    scrubbed: () => scrubber.status(),
    events: () => registry.events.admin.status(),
    async canPush() {
      const { serving, pushing } = await readiness()
      return serving.length === 0 && pushing.length === 0
    },
  })
  registry.onWritten((changes) => metrics.committed(changes))
  return metrics
}
