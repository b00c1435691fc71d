import test from 'ava'
import fc from 'fast-check'
import { IbuildError } from '../../shared/base/errors.ts'
import { compareMet, comparePaths, parentOf } from './entry.ts'
import { PathTable } from './path-table.ts'

/** Bytes around the slash, beyond ASCII, and names that begin with others. */
const name = fc.string({
  unit: fc.constantFrom('a', 'b', '.', '-', '0', '\x01', '\xff', '\x80'),
  minLength: 1,
  maxLength: 4,
})
const paths = fc.array(
  fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
  { maxLength: 60 },
)

test('paths have numbers, and come in the order of records', (t) => {
  fc.assert(
    fc.property(paths, (some) => {
      const table = new PathTable()
      for (const path of some) table.intern(path)
      const all = new Set([''])
      for (const path of some) for (let above = path; above !== ''; above = parentOf(above)) all.add(above)
      t.is(table.size, all.size)
      t.deepEqual(
        [...table.ordered()].map((number) => table.path(number)),
        [...all].sort(comparePaths),
      )
      t.deepEqual(
        [...table.byDirectory()].map((number) => table.path(number)),
        [...all].sort(compareMet),
      )
      for (const path of all) {
        const number = table.find(path)
        t.is(table.path(number), path)
        t.is(table.intern(path), number)
        t.is(table.parent(number), table.find(parentOf(path)))
      }
    }),
    { numRuns: 200 },
  )
})

test('a path without a number, a name that only begins alike, and the root', (t) => {
  const table = new PathTable()
  t.is(table.find(''), 0)
  t.is(table.path(0), '')
  const number = table.intern('usr/lib')
  t.is(table.find('usr/lib'), number)
  for (const path of ['usr/li', 'usr/libs', 'lib', 'usr/lib/a', 'us']) t.is(table.find(path), -1, path)
})

test('more paths than a table takes are refused, and known ones are not', (t) => {
  const table = new PathTable(undefined, 3)
  table.intern('a/b/c')
  t.throws(() => table.intern('d'), { instanceOf: IbuildError, code: 'LAYER_TOO_LARGE' })
  t.is(table.find('d'), -1)
  t.is(table.intern('a/b'), 2)
})

test('a hundred thousand names in one directory, added from the last to the first', (t) => {
  const names = Array.from({ length: 100_000 }, (_, i) => `d/${String(i).padStart(6, '0')}`)
  const table = new PathTable()
  for (const path of names.toReversed()) table.intern(path)
  t.deepEqual(
    [...table.ordered()].slice(2).map((number) => table.path(number)),
    names,
  )
  t.true(names.every((path) => table.path(table.find(path)) === path))
})
