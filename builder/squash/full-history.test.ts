import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { fullHistory } from './full-history.ts'

const base = { os: 'linux', architecture: 'amd64' }

test('layers without an entry get one at the end', (t) => {
  const rootfs = { type: 'layers' as const, diff_ids: [digestOf('1'), digestOf('2')] }
  const history = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }]
  const full = fullHistory({ ...base, rootfs, history, created: '2020-01-01T00:00:00Z' })
  t.is(full.length, 3)
  t.deepEqual(full.slice(0, 2), history)
  t.is(full.filter((entry) => entry.empty_layer !== true).length, 2)
})
