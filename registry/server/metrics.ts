import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { requestTally } from '../../shared/metrics/request-tally.ts'
import type { LoginCounts } from '../access/accounts.ts'
import type { EventsStatus } from '../events/events-admin.ts'
import type { Collector } from '../gc/collector.ts'
import type { GcCounts } from '../gc/types.ts'
import type { FinishedRequest } from '../http/finished-request.ts'
import type { ScrubStatus } from '../scrub/types.ts'
import { eventMetrics } from './event-metrics.ts'

/** What is asked for when somebody looks at the metrics; undefined says nothing. */
export interface Gauges {
  readonly requestsInProgress: () => number
  /** How logins ended; undefined where there are no accounts. */
  readonly logins: () => Readonly<LoginCounts> | undefined
  readonly openUploads: () => Promise<number | undefined>
  readonly space: () => Promise<{ readonly free: number; readonly total: number } | undefined>
  readonly isReadOnly: () => boolean
  readonly events: () => Promise<EventsStatus>
  readonly canPush: () => Promise<boolean>
  readonly garbage: Pick<Collector, 'total' | 'leases' | 'isHeld'>
  readonly scrubbed: () => ScrubStatus
}

export interface Metrics {
  finished(request: FinishedRequest): void
  /** Changes of metadata that shared one sync. */
  committed(changes: number): void
  readonly contentType: string
  /** The text format of Prometheus. */
  text(): Promise<string>
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
const prefix = 'ibuild_registry_'

/** Metrics of one server. Labels have few values each: kinds of routes, methods, statuses. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const tally = requestTally(prefix)
  let [bytesReceived, bytesSent] = [0, 0]
  addTotal(registry, 'received_bytes_total', 'Bytes that came in bodies of requests.', () => bytesReceived)
  addTotal(registry, 'sent_bytes_total', 'Bytes that went out in bodies of answers.', () => bytesSent)
  addScrub(registry, gauges)
  const commits = new Histogram({
    name: `${prefix}commit_changes`,
    help: 'Changes of metadata that shared one sync.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers: [registry],
  })
  addLogins(registry, gauges.logins)
  addGauges(registry, gauges)
  addGarbage(registry, gauges.garbage)
  return {
    finished({ method, route = 'none', status, milliseconds, receivedBytes, sentBytes }) {
      const known = methods.has(method) ? method : 'other'
      tally.add({ route, method: known, status: String(status ?? 'none'), seconds: milliseconds / 1000 })
      bytesReceived += receivedBytes
      bytesSent += sentBytes
    },
    committed: (changes) => commits.observe(changes),
    contentType: registry.contentType,
    text: async () => `${tally.text()}\n${eventMetrics(prefix, await gauges.events())}${await registry.metrics()}`,
  }
}

/** A counter whose value is elsewhere. */
function addTotal(registry: Registry, name: string, help: string, total: () => number): void {
  const counter: Counter = new Counter({
    name: prefix + name,
    help,
    registers: [registry],
    collect() {
      counter.reset()
      counter.inc(total())
    },
  })
}

function addLogins(registry: Registry, logins: Gauges['logins']): void {
  const counter: Counter<'result'> = new Counter({
    name: `${prefix}logins_total`,
    help: 'Logins with a password, by result; remembered: right a short time ago; slowed: not looked at.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      counter.reset()
      for (const [result, count] of Object.entries(logins() ?? {})) counter.inc({ result }, count)
    },
  })
}

function addScrub(registry: Registry, { scrubbed }: Gauges): void {
  const bytes = 'Bytes that were read again to find what the disk lost.'
  addTotal(registry, 'scrubbed_bytes_total', bytes, () => scrubbed().bytesRead)
  addTotal(registry, 'scrub_corrupt_total', 'Blobs that were found corrupt so.', () => scrubbed().foundCorrupt)
  const ended: Gauge = new Gauge({
    name: `${prefix}scrub_last_pass_timestamp_seconds`,
    help: 'When all that is stored had been read again for the last time; 0 when it never was.',
    registers: [registry],
    collect: () => ended.set((scrubbed().last?.endedAt ?? 0) / 1000),
  })
}

interface GaugeOf {
  readonly name: string
  readonly help: string
}

function addGauge(registry: Registry, { name, help }: GaugeOf, value: () => Promise<number | undefined>): void {
  const gauge: Gauge = new Gauge({
    name: prefix + name,
    help,
    registers: [registry],
    async collect() {
      const now = await value()
      if (now === undefined) gauge.reset()
      else gauge.set(now)
    },
  })
}

function addGarbage(registry: Registry, garbage: Gauges['garbage']): void {
  const add = (name: string, help: string, key: keyof GcCounts): void =>
    addTotal(registry, `gc_${name}_total`, help, () => garbage.total[key])
  add('reviews', 'Looks at a digest in a repository.', 'reviewed')
  add('manifests', 'Manifests that garbage collection took from a repository.', 'manifests')
  add('links', 'Blobs that garbage collection took from a repository.', 'links')
  add('blobs', 'Blobs and manifests whose bytes garbage collection removed.', 'blobs')
  add('freed_bytes', 'Bytes that garbage collection freed.', 'freed')
  add('failures', 'Looks that failed, and are repeated.', 'failures')
  addGauge(
    registry,
    { name: 'gc_leases', help: 'Blobs and manifests that clients rely on.' },
    async () => garbage.leases,
  )
  addGauge(
    registry,
    { name: 'gc_held', help: '1 while nothing is removed: `ibuild registry gc status` tells why.' },
    async () => (garbage.isHeld ? 1 : 0),
  )
}

function addGauges(registry: Registry, gauges: Gauges): void {
  const add = (name: string, help: string, value: () => Promise<number | undefined>): void =>
    addGauge(registry, { name, help }, value)
  add('requests_in_progress', 'Requests that are being answered.', async () => gauges.requestsInProgress())
  add('uploads_open', 'Uploads that are not finished.', gauges.openUploads)
  add('disk_free_bytes', 'Bytes that blobs can still take.', async () => (await gauges.space())?.free)
  add('disk_bytes', 'Size of what blobs lie on.', async () => (await gauges.space())?.total)
  add('read_only', '1 while all that writes is refused.', async () => (gauges.isReadOnly() ? 1 : 0))
  add('can_push', '1 while pushes are taken, as /readyz/push tells.', async () => ((await gauges.canPush()) ? 1 : 0))
}
