import { parseDuration } from '../../builder/dockerfile/duration.ts'
import { IbuildError } from '../../shared/base/errors.ts'

const day = 86_400_000
const longUnits: Readonly<Record<string, number>> = { d: day, w: 7 * day }
/** RFC 3339, also shortened from the end, as docker takes it; without a zone it is local time. */
const timestamp = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}(?::\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?)?(?:Z|[+-]\d{2}:\d{2})?$/

/**
 * Milliseconds since the epoch: a time (`2026-03-01`, `2026-03-01T12:00:00Z`, `1772366400`), or how long ago (`90m`,
 * `1h30m`, `7d`, `2w`). A number has nine digits or more, so that no year is taken for one. Errors: USAGE.
 */
export function parseTimePoint(text: string, flag: string, now: number): number {
  const ago = parseAge(text)
  const point = ago === undefined ? parseTime(text) : now - ago
  if (Number.isFinite(point)) return point
  throw new IbuildError('USAGE', `${flag}: ${JSON.stringify(text)} is neither a time nor how long ago`, {
    hint: 'Write it as 24h, 7d, 2026-03-01, 2026-03-01T12:00:00Z or seconds since 1970.',
  })
}

function parseAge(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6}(?:\.\d+)?)([dw])$/.exec(text) ?? []
  if (count !== undefined) return Number(count) * (longUnits[unit] ?? Number.NaN)
  const nanoseconds = /[a-zµμ]$/.test(text) && !text.endsWith('Z') ? parseDuration(text) : undefined
  return nanoseconds === undefined ? undefined : nanoseconds / 1e6
}

function parseTime(text: string): number {
  if (/^\d{9,11}(?:\.\d{1,9})?$/.test(text)) return Number(text) * 1000
  if (!timestamp.test(text)) return Number.NaN
  const date = text.slice(0, 10)
  if (Number.isNaN(Date.parse(date)) || !new Date(date).toISOString().startsWith(date)) return Number.NaN
  const zone = /(?:Z|[+-]\d{2}:\d{2})$/.exec(text.slice(10))?.[0] ?? ''
  const clock = /^[T ]/.test(text.slice(10)) ? text.slice(11).replace(zone, '') : ''
  const filled = `${clock}${'00:00:00'.slice(Math.min(clock.length, 8))}`
  return Date.parse(`${date}T${filled}${zone}`)
}
