import { createMetricSet, type MetricSet } from '../../shared/metrics/metric-set.ts'
import { requestTally } from '../../shared/metrics/request-tally.ts'
import type { LoginCounts } from '../access/accounts.ts'
import type { EventsStatus } from '../events/events-admin.ts'
import type { GateCounts } from '../gate/types.ts'
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
  readonly gated: () => GateCounts
  /** What others tell of, in the text format of Prometheus. */
  readonly further: () => Promise<string>
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
  const set = createMetricSet(prefix)
  const tally = requestTally(prefix)
  let [bytesReceived, bytesSent] = [0, 0]
  set.total('received_bytes_total', 'Bytes that came in bodies of requests.', () => bytesReceived)
  set.total('sent_bytes_total', 'Bytes that went out in bodies of answers.', () => bytesSent)
  addScrub(set, gauges)
  const committed = set.histogram('commit_changes', {
    help: 'Changes of metadata that shared one sync.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
  })
  set.totals('logins_total', { help: loginsHelp, label: 'result' }, () => ({ ...gauges.logins() }))
  set.totals('gated_pulls_total', { help: gatedHelp, label: 'result' }, () => ({ ...gauges.gated() }))
  addGauges(set, gauges)
  addGarbage(set, gauges.garbage)
  return {
    finished({ method, route = 'none', status, milliseconds, receivedBytes, sentBytes }) {
      const known = methods.has(method) ? method : 'other'
      tally.add({ route, method: known, status: String(status ?? 'none'), seconds: milliseconds / 1000 })
      bytesReceived += receivedBytes
      bytesSent += sentBytes
    },
    committed,
    contentType: set.contentType,
    text: async () => {
      const [events, further] = await Promise.all([gauges.events(), gauges.further()])
      return `${tally.text()}\n${eventMetrics(prefix, events)}${further}${await set.text()}`
    },
  }
}

const loginsHelp = 'Logins with a password, by result; remembered: right a short time ago; slowed: not looked at.'

const gatedHelp =
  'Pulls from repositories where something must be signed; reported: not signed, and let through; exempt: by who may push.'

function addScrub(set: MetricSet, { scrubbed }: Gauges): void {
  const bytes = 'Bytes that were read again to find what the disk lost.'
  set.total('scrubbed_bytes_total', bytes, () => scrubbed().bytesRead)
  set.total('scrub_corrupt_total', 'Blobs that were found corrupt so.', () => scrubbed().foundCorrupt)
  const ended = 'When all that is stored had been read again for the last time; 0 when it never was.'
  set.gauge('scrub_last_pass_timestamp_seconds', ended, () => (scrubbed().last?.endedAt ?? 0) / 1000)
}

function addGarbage(set: MetricSet, garbage: Gauges['garbage']): void {
  const add = (name: string, help: string, key: keyof GcCounts): void =>
    set.total(`gc_${name}_total`, help, () => garbage.total[key])
  add('reviews', 'Looks at a digest in a repository.', 'reviewed')
  add('manifests', 'Manifests that garbage collection took from a repository.', 'manifests')
  add('links', 'Blobs that garbage collection took from a repository.', 'links')
  add('blobs', 'Blobs and manifests whose bytes garbage collection removed.', 'blobs')
  add('freed_bytes', 'Bytes that garbage collection freed.', 'freed')
  add('failures', 'Looks that failed, and are repeated.', 'failures')
  set.gauge('gc_leases', 'Blobs and manifests that clients rely on.', () => garbage.leases)
  const held = '1 while nothing is removed: `ibuild registry gc status` tells why.'
  set.gauge('gc_held', held, () => (garbage.isHeld ? 1 : 0))
}

function addGauges(set: MetricSet, gauges: Gauges): void {
  set.gauge('requests_in_progress', 'Requests that are being answered.', gauges.requestsInProgress)
  set.gauge('uploads_open', 'Uploads that are not finished.', gauges.openUploads)
  set.gauge('disk_free_bytes', 'Bytes that blobs can still take.', async () => (await gauges.space())?.free)
  set.gauge('disk_bytes', 'Size of what blobs lie on.', async () => (await gauges.space())?.total)
  set.gauge('read_only', '1 while all that writes is refused.', () => (gauges.isReadOnly() ? 1 : 0))
  const canPush = '1 while pushes are taken, as /readyz/push tells.'
  set.gauge('can_push', canPush, async () => ((await gauges.canPush()) ? 1 : 0))
}
