import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { isInWindow, makeTimedFolder } from './run-window.ts'

const window = { from: 7_100_200_300_400n, to: 7_101_500_000_000n }
const rows: [what: string, mtime: bigint, isOwn: boolean][] = [
  ['the first moment', window.from, true],
  ['the last moment', window.to, true],
  ['just before', window.from - 1n, false],
  ['just after', window.to + 1n, false],
  ['in the window and whole seconds', 7_101_000_000_000n, true],
  ['the second in which it began', 7_100_000_000_000n, true],
  ['the second before', 7_099_000_000_000n, false],
  ['the second after', 7_102_000_000_000n, false],
  ['the millisecond in which it began', 7_100_200_000_000n, true],
  ['the millisecond before', 7_100_199_000_000n, false],
  ['the microsecond in which it began', 7_100_200_300_000n, true],
  ['the microsecond before', 7_100_200_299_000n, false],
  ['half a second before', 7_099_600_200_300n, false],
  ['1970', 0n, false],
  ['before 1970', -7_100_000_000_000n, false],
]
for (const [what, mtime, isOwn] of rows) {
  test(`the window of a run ${isOwn ? 'has' : 'has not'} ${what}`, (t) => {
    t.is(isInWindow(mtime, window), isOwn)
  })
}

test('a file made between two timed folders has a time between theirs', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-window-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (let i = 0; i < 50; i++) {
    const from = makeTimedFolder(join(folder, `from-${i}`))
    writeFileSync(join(folder, `file-${i}`), '')
    const to = makeTimedFolder(join(folder, `to-${i}`))
    t.true(isInWindow(statSync(join(folder, `file-${i}`), { bigint: true }).mtimeNs, { from, to }))
  }
})
