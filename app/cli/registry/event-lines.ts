import type { DeadEvent, EndpointStatus, EventsStatus, LoggedEvent } from '../../../registry/events/events-admin.ts'
import { isObject, type JsonValue } from '../../../shared/base/json.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { tableLines } from '../table.ts'

/** How far all endpoints are, for people. */
export function endpointLines({ last, oldest, untoldPulls, endpoints }: EventsStatus): readonly string[] {
  const kept = oldest === null ? 'none is kept' : `kept from ${oldest} on`
  const untold = untoldPulls > 0 ? [`pulls that nobody is told of: ${untoldPulls}\n`] : []
  const rows = [
    ['ENDPOINT', 'AT', 'BACKLOG', 'DELIVERED', 'FAILED', 'DEAD LETTERS', 'URL', 'STATE'],
    ...endpoints.map(endpointRow),
  ]
  return [`last event: ${last}, ${kept}\n`, ...untold, ...(endpoints.length === 0 ? [] : tableLines(rows))]
}

function endpointRow({ name, url, number, backlog, deadLetters, counts }: EndpointStatus): string[] {
  const [delivered, failed] = counts === null ? ['', ''] : [String(counts.delivered), String(counts.failed)]
  const state = counts === null ? 'not running' : (counts.failure ?? 'ok')
  return [name, number, backlog, delivered, failed, deadLetters, url ?? '', state].map((cell) => sanitize(String(cell)))
}

/** Events as rows of a table. */
export function eventLines(events: readonly LoggedEvent[]): string[][] {
  return [['NUMBER', 'TIME', 'ACTION', 'REPOSITORY', 'WHAT', 'BY'], ...events.map(eventRow)]
}

/** Dead letters as rows of a table. */
export function deadLines(events: readonly DeadEvent[]): string[][] {
  const rows = events.map((one) => [...eventRow(one), sanitize(one.reason)])
  return [['NUMBER', 'TIME', 'ACTION', 'REPOSITORY', 'WHAT', 'BY', 'REASON'], ...rows]
}

function eventRow({ number, event }: LoggedEvent): string[] {
  const target = event['target']
  const tag = textAt(target, 'tag')
  return [
    String(number),
    textAt(event, 'timestamp'),
    textAt(event, 'action'),
    textAt(target, 'repository'),
    tag === '' ? textAt(target, 'digest') : tag,
    textAt(event['actor'], 'name'),
  ].map(sanitize)
}

function textAt(value: JsonValue | undefined, name: string): string {
  const member = isObject(value) ? value[name] : undefined
  return typeof member === 'string' ? member : ''
}
