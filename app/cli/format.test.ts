import test from 'ava'
import { formatSize, parseCount, parseSize } from './sizes.ts'
import { formatAge, formatTable, shortID } from './table.ts'

const sizeRows: [text: string, bytes: number][] = [
  ['512', 512],
  ['1k', 1024],
  ['1.5G', 1.5 * 1024 ** 3],
  ['64m', 64 * 1024 ** 2],
  ['2MiB', 2 * 1024 ** 2],
  ['7b', 7],
]
for (const [text, bytes] of sizeRows) test(`size ${text}`, (t) => t.is(parseSize(text, '--memory'), bytes))

for (const text of ['', '-1', '1x', 'm', '1e3', '99999999999999999999']) {
  test(`no size: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseSize(text, '--memory'), { code: 'USAGE', message: /--memory/ })
  })
}

test('counts are whole and not negative', (t) => {
  t.is(parseCount('10', '--x'), 10)
  for (const text of ['', '-1', '1.5', 'ten']) t.throws(() => parseCount(text, '--x'), { code: 'USAGE' })
})

const shownRows: [bytes: number, text: string][] = [
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [2_130_000, '2.13MB'],
  [1_259_999_999, '1.26GB'],
]
for (const [bytes, text] of shownRows) test(`${bytes} bytes are shown as ${text}`, (t) => t.is(formatSize(bytes), text))

const now = new Date('2026-03-01T12:00:00Z')
const ageRows: [time: string | undefined, text: string][] = [
  [undefined, 'N/A'],
  ['not a time', 'N/A'],
  ['2026-03-01T12:00:00Z', '0 seconds ago'],
  ['2026-03-01T11:59:00Z', '1 minute ago'],
  ['2026-02-27T11:00:00Z', '2 days ago'],
  ['2024-01-01T00:00:00Z', '2 years ago'],
  ['2026-03-01T13:00:00Z', '0 seconds ago'],
]
for (const [time, text] of ageRows) test(`age of ${time}`, (t) => t.is(formatAge(time, now), text))

test('a table has columns as wide as their widest cell and no blanks at the end', (t) => {
  t.is(
    formatTable([
      ['A', 'B'],
      ['long', ''],
    ]),
    'A      B\nlong\n',
  )
})

test('a short ID has twelve digits', (t) => t.is(shortID('sha256:0123456789abcdef'), '0123456789ab'))
