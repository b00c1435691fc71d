import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { isOwnTime } from './own-times.ts'
import { makeTimedFolder } from './timed-folder.ts'

test('a file made between two timed folders has a time between theirs', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-window-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (let i = 0; i < 50; i++) {
    const from = makeTimedFolder(join(folder, `from-${i}`))
    writeFileSync(join(folder, `file-${i}`), '')
    const to = makeTimedFolder(join(folder, `to-${i}`))
    t.true(isOwnTime(statSync(join(folder, `file-${i}`), { bigint: true }).mtimeNs, { from, to }))
  }
})
