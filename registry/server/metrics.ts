import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { FinishedRequest } from '../http/finished-request.ts'

/** What is asked for when somebody looks at the metrics; undefined says nothing. */
export interface Gauges {
  readonly requestsInProgress: () => number
  readonly openUploads: () => Promise<number | undefined>
  readonly space: () => Promise<{ readonly free: number; readonly total: number } | undefined>
  readonly isReadOnly: () => boolean
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
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: `${prefix}requests_total`,
    help: 'Requests answered, by kind of route, method and status.',
    labelNames: ['route', 'method', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: `${prefix}request_duration_seconds`,
    help: 'Time from the headers of a request to the end of its answer, by kind of route and method.',
    labelNames: ['route', 'method'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers,
  })
  const received = new Counter({
    name: `${prefix}received_bytes_total`,
    help: 'Bytes that came in requests.',
    registers,
  })
  const sent = new Counter({ name: `${prefix}sent_bytes_total`, help: 'Bytes that went out in answers.', registers })
  const commits = new Histogram({
    name: `${prefix}commit_changes`,
    help: 'Changes of metadata that shared one sync.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  })
  addGauges(registry, gauges)
  return {
    finished({ method, route = 'none', status, milliseconds, receivedBytes, sentBytes }) {
      const labels = { route, method: methods.has(method) ? method : 'other' }
      requests.inc({ ...labels, status: status ?? 'none' })
      seconds.observe(labels, milliseconds / 1000)
      received.inc(receivedBytes)
      sent.inc(sentBytes)
    },
    committed: (changes) => commits.observe(changes),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

function addGauges(registry: Registry, gauges: Gauges): void {
  const add = (name: string, help: string, value: () => Promise<number | undefined>): void => {
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
  add('requests_in_progress', 'Requests that are being answered.', async () => gauges.requestsInProgress())
  add('uploads_open', 'Uploads that are not finished.', gauges.openUploads)
  add('disk_free_bytes', 'Bytes that blobs can still take.', async () => (await gauges.space())?.free)
  add('disk_bytes', 'Size of what blobs lie on.', async () => (await gauges.space())?.total)
  add('read_only', '1 while all that writes is refused.', async () => (gauges.isReadOnly() ? 1 : 0))
}
