import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { LevelHandle } from './level-handle.ts'
import { testKind } from './testing/rows-kind.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'level-handle-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('what could not be opened is opened a little later, also when the clock is set back meanwhile', async (t) => {
  const place = path.join(folder, 'metadata')
  writeFileSync(place, 'no folder')
  const handle = new LevelHandle(place, testKind, { notify: () => {}, ballast: 0 })
  const [first] = await Promise.allSettled([handle.getMany(['a'])])
  t.is(first.status, 'rejected')
  rmSync(place)
  const { now } = Date
  try {
    Date.now = () => 0
    await t.throwsAsync(handle.getMany(['a']), undefined, 'not tried all the time')
    await sleep(600)
    t.deepEqual(await handle.getMany(['a']), [undefined])
  } finally {
    Date.now = now
    await handle.close()
  }
})
