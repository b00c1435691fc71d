import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { Pages } from './pages.ts'
import { inventoryOf, shelf, tag } from './testing/items.ts'

const items = Array.from({ length: 30 }, (_, i) => tag(`t${i}`))

function busy(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

test('pages that are in memory are gone through in turn with whatever else waits', async (t) => {
  const inventory = inventoryOf([shelf(items)], 1)
  const pages = new Pages(() => inventory.items('team/app', { created: false, labels: false, signatures: false }), {
    left: items.length,
  })
  let read = 0
  for await (const page of pages) read += page.length
  t.true(pages.areKept)
  let turns = 0
  const over = new AbortController()
  const others = (async () => {
    for (; !over.signal.aborted; turns++) await turn()
  })()
  for await (const page of pages) {
    read += page.length
    busy(2)
  }
  over.abort()
  await others
  t.is(read, 2 * items.length)
  t.true(turns > 2, `${turns} turns`)
})
