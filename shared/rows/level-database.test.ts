import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { openDatabase } from './level-database.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'level-database-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

test('a database that is opened anew ends the snapshots of the one before, also in the midst of a listing', async (t) => {
  const database = await openDatabase(folder, 'the rows')
  await database.write(new Map([['a', 'old']]), false)
  const [idle, busy] = [database.snapshot(), database.snapshot()]
  const listing = busy.list({ prefix: '', limit: 9 }).catch((error: unknown) => error)
  await database.close()
  const told = await listing
  t.true(Array.isArray(told) || told instanceof Error)
  const again = await openDatabase(folder, 'the rows')
  await again.write(new Map([['a', 'new']]), false)
  await t.throwsAsync(idle.list({ prefix: '', limit: 9 }), { code: 'SYSTEM_CALL' })
  await t.notThrowsAsync(idle.close())
  await t.notThrowsAsync(busy.close())
  t.is(again.get('a'), 'new')
  await again.close()
})
