import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { floatColumn, intColumn } from './columns.ts'
import { comparePaths, parentOf } from './entry.ts'
import { PagePool, withPoolMemory } from './page-pool.ts'
import { sortKeys } from './path-sort.ts'
import { PathTable } from './path-table.ts'
import { temporaryDir } from './testing/temporary.ts'

test('columns are what they were when there is memory for one page', (t) => {
  const folder = join(temporaryDir(t), 'made')
  const sets = fc.array(fc.tuple(fc.nat(60_000), fc.integer({ min: 1, max: 1e9 })), { maxLength: 60 })
  fc.assert(
    fc.property(sets, (some) => {
      const pool = new PagePool(folder)
      const [ints, floats] = [intColumn(pool), floatColumn(pool)]
      const expected = new Map<number, number>()
      withPoolMemory(0, () => {
        for (const [index, value] of some) {
          ints.set(index, value)
          floats.set(index, value / 2)
          expected.set(index, value)
        }
        for (const [index, value] of expected) {
          t.is(ints.get(index), value)
          t.is(floats.get(index), value / 2)
          t.is(ints.get(index + 1) ?? 0, expected.get(index + 1) ?? 0)
        }
      })
      t.is(pool.hasSpilled, expected.size > 0)
      pool.close()
    }),
    { numRuns: 50 },
  )
  t.true(!existsSync(folder) || readdirSync(folder).length === 0)
})

test('what a pool that is closed had in memory counts no more', (t) => {
  const folder = temporaryDir(t)
  const [first, second] = [new PagePool(folder), new PagePool(folder)]
  withPoolMemory(200_000, () => {
    for (let page = 0; page < 3; page++) intColumn(first).set(0, 1)
    first.close()
    for (let page = 0; page < 3; page++) intColumn(second).set(0, 1)
    t.false(second.hasSpilled)
    intColumn(second).set(0, 1)
    t.true(second.hasSpilled)
  })
  second.close()
})

const name = fc.string({
  unit: fc.constantFrom('a', 'b', '.', '-', '\x01', '\xff', '\x80'),
  minLength: 1,
  maxLength: 3,
})
const paths = fc.array(
  fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
  { minLength: 1, maxLength: 60 },
)

test('a table of paths is the same when there is memory for one page', (t) => {
  const folder = temporaryDir(t)
  fc.assert(
    fc.property(paths, (some) => {
      const pool = new PagePool(folder)
      const table = new PathTable(pool)
      withPoolMemory(0, () => {
        for (const path of some) table.intern(path)
        const all = new Set([''])
        for (const path of some) for (let above = path; above !== ''; above = parentOf(above)) all.add(above)
        const sorted = [...all].sort(comparePaths)
        t.true(pool.hasSpilled)
        t.is(table.size, all.size)
        t.deepEqual(
          [...table.ordered()].map((number) => table.path(number)),
          sorted,
        )
        for (const path of sorted) {
          const number = table.find(path)
          t.is(table.path(number), path)
          t.is(table.parent(number), table.find(parentOf(path)))
          const within = sorted.filter((other) => path === '' || other === path || other.startsWith(`${path}/`))
          t.deepEqual(
            [...table.ordered(number)].map((inner) => table.path(inner)),
            within,
          )
          const children = within.filter((other) => other !== '' && other !== path && parentOf(other) === path)
          t.deepEqual(
            [...table.children(number)].map((inner) => table.path(inner)),
            children,
          )
        }
      })
      pool.close()
    }),
    { numRuns: 60 },
  )
  t.deepEqual(readdirSync(folder), [])
})

test('keys are sorted in runs of any size', (t) => {
  const folder = temporaryDir(t)
  const texts = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', '\0', '\xff', 'b'.repeat(30)), maxLength: 9 }))
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 9 }), (keys, run) => {
      const numbered = keys.map((key, number) => ({ key, number }))
      const expected = numbered.toSorted((a, b) =>
        Buffer.compare(Buffer.from(a.key, 'latin1'), Buffer.from(b.key, 'latin1')),
      )
      t.deepEqual(
        [...sortKeys(numbered, folder, run)],
        expected.map(({ number }) => number),
      )
    }),
    { numRuns: 200 },
  )
})

test('many keys, in runs longer than what is at hand of one', (t) => {
  const keys = Array.from({ length: 40_000 }, (_, i) => ({ key: `${(i * 7919) % 40_000}`.padStart(9, '0'), number: i }))
  const sorted = keys.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ number }) => number)
  t.deepEqual([...sortKeys(keys, temporaryDir(t), 9000)], sorted)
})
