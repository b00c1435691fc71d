import test from 'ava'
import { parseTimePoint } from './time-point.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const local = (text: string): number => new Date(text).getTime()

const rows: [text: string, point: number][] = [
  ['24h', now - 86_400_000],
  ['1h30m', now - 5_400_000],
  ['1.5s', now - 1500],
  ['10ms', now - 10],
  ['7d', now - 7 * 86_400_000],
  ['0.5d', now - 43_200_000],
  ['2w', now - 14 * 86_400_000],
  ['0s', now],
  ['2026-03-01T12:00:00Z', now],
  ['2026-03-01T13:00:00+01:00', now],
  ['2026-03-01T12:00:00.5Z', now + 500],
  ['2026-03-01T12:00Z', now],
  ['2026-03-01T12Z', now],
  ['2026-03-01Z', now - 43_200_000],
  ['2026-03-01T12:00:00', local('2026-03-01T12:00:00')],
  ['2026-03-01 12:00', local('2026-03-01T12:00:00')],
  ['2026-03-01', local('2026-03-01T00:00:00')],
  ['1772366400', now],
  ['1772366400.5', now + 500],
]
for (const [text, point] of rows)
  test(`the time ${text}`, (t) => t.is(parseTimePoint(text, '--filter until', now), point))

const wrong = [
  '',
  'yesterday',
  '-',
  'd',
  '1x',
  '2026',
  '2026-13-01',
  '2026-02-30',
  '2026-03-01T25:00',
  '1e3',
  'NaN',
  '99999999999999',
  '1d1h',
  '7 d',
  '2026-03-01T12:00:00+99:00',
]
for (const text of wrong) {
  test(`no time: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseTimePoint(text, '--filter until', now), {
      code: 'USAGE',
      message: /--filter until: .*neither a time/,
    })
  })
}
