import test from 'ava'
import { createIDs } from './ids.ts'

test('IDs sort by their time, and each comes behind the last, whatever the clock does', (t) => {
  const times = [1000, 1000, 5000, 2000, 2000, 6000]
  const newID = createIDs(() => times.shift() ?? 0, undefined)
  const ids = Array.from({ length: 6 }, newID)
  t.deepEqual(ids, ids.toSorted())
  t.is(new Set(ids).size, 6)
  t.true(ids.every((id) => /^[0-9a-z]{12}$/.test(id)))
  const later = createIDs(() => 10, ids.at(-1))
  t.true(later() > (ids.at(-1) ?? ''))
})
