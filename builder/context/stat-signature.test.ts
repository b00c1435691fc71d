import test from 'ava'
import { isSettled, sameSignature } from './stat-signature.ts'

const signature = { dev: 1, ino: 2, size: 3, mode: 4, mtimeMs: 5, ctimeMs: 1_700_000_000_123.5 }

test('a file is settled when the clock has surely ticked since it changed', (t) => {
  const rows: readonly [ctimeMs: number, readAt: number, settled: boolean][] = [
    [1000.5, 1000.5, false],
    [1000.5, 1000, false],
    [1000.5, 1010, false],
    [1000.5, 1020, false],
    [1000.5, 1021, true],
    [2000, 3000, false],
    [2000, 4000, false],
    [2000, 4001, true],
    [5000.5, 1000, false],
  ]
  for (const [ctimeMs, readAt, settled] of rows)
    t.is(isSettled({ ...signature, ctimeMs }, readAt), settled, `${ctimeMs} ${readAt}`)
})

test('every field of a signature counts', (t) => {
  t.true(sameSignature(signature, { ...signature }))
  for (const [field, value] of Object.entries(signature)) {
    t.false(sameSignature(signature, { ...signature, [field]: value + 1 }), field)
  }
})
