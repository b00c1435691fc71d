import test from 'ava'
import { parseDuration } from './duration.ts'

const rows: readonly (readonly [string, number | undefined])[] = [
  ['0', 0],
  ['-0', 0],
  ['1ns', 1],
  ['1us', 1000],
  ['1µs', 1000],
  ['1μs', 1000],
  ['5ms', 5e6],
  ['30s', 30e9],
  ['1.5s', 1.5e9],
  ['.5s', 0.5e9],
  ['2.s', 2e9],
  ['1m30s', 90e9],
  ['1h2m3s4ms', 3723004e6],
  ['1m1m', 120e9],
  ['-1s', -1e9],
  ['+1s', 1e9],
  ['0.1234567891s', 123456789],
  ['2562047h47m16.854775807s', 2 ** 63],
  ['2562048h', undefined],
  ['', undefined],
  ['5', undefined],
  ['s', undefined],
  ['.s', undefined],
  ['1d', undefined],
  ['1 s', undefined],
  ['1S', undefined],
  ['1e3s', undefined],
  ['--1s', undefined],
  [`${'1'.repeat(200)}s`, undefined],
]

for (const [text, expected] of rows) {
  test(`duration ${JSON.stringify(text.slice(0, 30))}`, (t) => {
    t.is(parseDuration(text), expected)
  })
}
