import test from 'ava'
import { historyComment } from '../plan/stage-state.ts'
import { fillTimes } from './history.ts'
import { createOutputTail } from './output-tail.ts'

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
