import test from 'ava'
import fc from 'fast-check'
import { Heap } from './heap.ts'

test('heads come in order, also when each moves on before the next is taken', (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(20)), { maxLength: 20 }), (lists) => {
      const queues = lists.map((list) => list.toSorted((a, b) => a - b)).filter((list) => list.length > 0)
      const heap = new Heap(queues, ([a = 0], [b = 0]) => a < b)
      const taken: number[] = []
      for (let head = heap.head; head !== undefined; head = heap.head) {
        taken.push(head.shift() ?? -1)
        if (head.length === 0) heap.dropHead()
        else heap.moved()
      }
      t.deepEqual(
        taken,
        lists.flat().toSorted((a, b) => a - b),
      )
      t.deepEqual(heap.items, [])
    }),
  )
})
