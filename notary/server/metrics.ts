import { createMetricSet } from '../../shared/metrics/metric-set.ts'
import { requestTally } from '../../shared/metrics/request-tally.ts'
import type { FinishedRequest } from '../http/finished-request.ts'
import type { NotaryService } from '../service/types.ts'
import type { Counts } from './counts.ts'

export interface Metrics {
  finished(request: FinishedRequest): void
  readonly contentType: string
  /** The text format of Prometheus. */
  text(): Promise<string>
}

export interface MetricParts {
  readonly service: Pick<NotaryService, 'health' | 'minRemainingValidity'>
  readonly counts: Counts
  readonly requestsInProgress: () => number
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
const prefix = 'ibuild_notary_'

/** Metrics of one server. Labels have few values each: kinds of routes, methods, statuses, outcomes. */
export function createMetrics({ service, counts, requestsInProgress }: MetricParts): Metrics {
  const set = createMetricSet(prefix)
  const tally = requestTally(prefix)
  let [bytesReceived, bytesSent] = [0, 0]
  set.total('received_bytes_total', 'Bytes that came in bodies of requests.', () => bytesReceived)
  set.total('sent_bytes_total', 'Bytes that went out in bodies of answers.', () => bytesSent)
  const published = 'Publishes, by how they ended; unchanged: all of it was there already.'
  set.totals('publishes_total', { help: published, label: 'outcome' }, () => counts.publishes)
  const renewed = 'Timestamps and snapshots that were to be renewed before they expire, by how that ended.'
  set.totals('renewals_total', { help: renewed, label: 'outcome' }, () => counts.renewals)
  set.gauge('requests_in_progress', 'Requests that are being answered.', requestsInProgress)
  const validity = 'Seconds until the first timestamp expires that is renewed here; below 0 when one has expired.'
  set.gauge('min_remaining_validity_seconds', validity, () => {
    const left = service.minRemainingValidity()
    return left === undefined ? undefined : left / 1000
  })
  const healthy = '1 while metadata can be read, written and signed, as /_notary_server/health tells.'
  set.gauge('healthy', healthy, async () => ((await service.health()).size === 0 ? 1 : 0))
  return {
    finished({ method, route = 'none', status, milliseconds, receivedBytes, sentBytes }) {
      const known = methods.has(method) ? method : 'other'
      tally.add({ route, method: known, status: String(status ?? 'none'), seconds: milliseconds / 1000 })
      bytesReceived += receivedBytes
      bytesSent += sentBytes
    },
    contentType: set.contentType,
    text: async () => `${tally.text()}\n${await set.text()}`,
  }
}
