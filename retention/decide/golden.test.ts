import test from 'ava'
import type { GoldenRow } from './testing/golden.ts'
import { deleteRows } from './testing/golden-delete.ts'
import { guardRows } from './testing/golden-guards.ts'
import { keepRows } from './testing/golden-keep.ts'
import { limitRows } from './testing/golden-limits.ts'
import { mostRecentRows } from './testing/golden-most-recent.ts'
import { otherRows } from './testing/golden-others.ts'
import { patternRows } from './testing/golden-patterns.ts'
import { runLimitRows } from './testing/golden-run-limits.ts'
import { decided, inShort, inventoryOf, shelf } from './testing/items.ts'
import { policyOf } from './testing/policies.ts'

const tables: Readonly<Record<string, readonly GoldenRow[]>> = {
  guards: guardRows,
  patterns: patternRows,
  'rules of delete': deleteRows,
  'rules of keep': keepRows,
  'keep-N': mostRecentRows,
  'limits of a repository': limitRows,
  'limits of a run': runLimitRows,
  'without a tag, volumes, cache': otherRows,
}

for (const [table, rows] of Object.entries(tables)) {
  for (const [name, { sets = [], policy: parts, items, known, only, order, expected }] of rows) {
    test(`${table}: ${name}`, async (t) => {
      const options = { policy: policyOf(sets, parts), only, order }
      const { decisions, counts } = await decided(inventoryOf([shelf(items, undefined, known)]), options)
      t.deepEqual(inShort(decisions), { ...expected })
      const deleted = decisions.filter(({ verdict }) => verdict === 'delete')
      t.is(counts.deleted, deleted.length)
      t.true(deleted.every(({ reason }) => /^(DELETE_|DEFAULT_DELETE)/.test(reason)))
      t.true(decisions.every(({ about }) => about.length > 0))
    })
  }
}
