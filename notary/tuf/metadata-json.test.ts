import test from 'ava'
import { timeText } from './metadata-json.ts'

test('times have no zeros at the end of their fraction', (t) => {
  const texts = [0, 100, 120, 123, 3_600_000, 36_000_010].map(timeText)
  t.deepEqual(texts, [
    '1970-01-01T00:00:00Z',
    '1970-01-01T00:00:00.1Z',
    '1970-01-01T00:00:00.12Z',
    '1970-01-01T00:00:00.123Z',
    '1970-01-01T01:00:00Z',
    '1970-01-01T10:00:00.01Z',
  ])
  t.deepEqual(
    texts.map((text) => new Date(text).getTime()),
    [0, 100, 120, 123, 3_600_000, 36_000_010],
  )
})
