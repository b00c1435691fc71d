import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { gcStateRow } from './gc-rows.ts'
import { openLevelMetadata } from './level-metadata.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'level-metadata-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('after a repair nothing is collected before somebody has looked', async (t) => {
  const place = path.join(folder, 'metadata')
  const open = () => openLevelMetadata({ folder: place, ballast: 0 })
  const store = await open()
  const done = gcStateRow({ pass: 'done' })
  await store.commit({ put: [done] })
  await store.close()
  rmSync(path.join(place, 'CURRENT'))
  const repaired = await open()
  t.is(await repaired.get(done.key), gcStateRow({ pass: 'held' }).value)
  await repaired.close()
})
