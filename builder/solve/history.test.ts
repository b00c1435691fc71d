import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { historyComment } from '../plan/stage-state.ts'
import { fillTimes, fullHistory } from './history.ts'
import { createOutputTail } from './output-tail.ts'

const base = { os: 'linux', architecture: 'amd64' }

test('layers without an entry get one at the end', (t) => {
  const rootfs = { type: 'layers' as const, diff_ids: [digestOf('1'), digestOf('2')] }
  const history = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }]
  const full = fullHistory({ ...base, rootfs, history, created: '2020-01-01T00:00:00Z' })
  t.is(full.length, 3)
  t.deepEqual(full.slice(0, 2), history)
  t.is(full.filter((entry) => entry.empty_layer !== true).length, 2)
})

test('an entry without layer takes the time of the next layer, else of the last, else the fallback', (t) => {
  const mine = (created?: string) => ({ comment: historyComment, ...(created !== undefined && { created }) })
  const filled = fillTimes([{ created: 'base' }, mine(), mine('1'), mine(), mine('2'), mine()], 'none')
  t.deepEqual(
    filled.map(({ created }) => created),
    ['base', '1', '1', '2', '2', '2'],
  )
  t.is(fillTimes([mine()], 'none')[0]?.created, 'none')
  t.is(fillTimes([{ comment: 'of another builder' }], 'none')[0]?.created, undefined)
})

test('the end of an output is kept in bounded memory, whatever the pieces', (t) => {
  const tail = createOutputTail()
  for (let i = 0; i < 100_000; i++) tail.add(Buffer.from(`line ${i}\n`))
  tail.add(Buffer.from('half'))
  const lines = tail.lines()
  t.is(lines.length, 20)
  t.deepEqual(lines.slice(-2), ['line 99999', 'half'])
  t.deepEqual(createOutputTail().lines(), [])
})
