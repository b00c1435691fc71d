import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as fc from 'fast-check'
import { temporaryDir } from '../layers/testing/temporary.ts'
import { NodePages, nodesPerPage } from './node-pages.ts'

test('what was set is there again, in whatever order it is asked for', (t) => {
  const folder = temporaryDir(t)
  const node = fc.nat(12 * nodesPerPage)
  const property = fc.property(fc.array(fc.tuple(node, fc.nat()), { maxLength: 300 }), (sets) => {
    const pages = new NodePages(folder, 3)
    const expected = new Map<number, number>()
    for (const [number, value] of sets) {
      const { extras, hashes } = pages.page(number)
      t.is(extras[number % nodesPerPage], expected.get(number) ?? 0)
      extras[number % nodesPerPage] = value
      hashes[(number % nodesPerPage) * 32 + 31] = value & 255
      expected.set(number, value)
    }
    for (const [number, value] of expected) {
      t.is(pages.page(number).extras[number % nodesPerPage], value)
      t.is(pages.page(number).hashes[(number % nodesPerPage) * 32 + 31], value & 255)
    }
    pages.close()
  })
  t.notThrows(() => fc.assert(property, { numRuns: 100 }))
  t.deepEqual(readdirSync(folder), [])
})

test('a folder is made only when something has to go there', (t) => {
  const folder = join(temporaryDir(t), 'deep', 'er')
  const pages = new NodePages(folder, 2)
  pages.page(0)
  pages.page(nodesPerPage)
  t.false(existsSync(folder))
  pages.page(2 * nodesPerPage)
  t.true(existsSync(folder))
  pages.close()
})
