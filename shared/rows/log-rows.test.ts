import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { openLevelRows } from './level-rows.ts'
import { lastNumber, numberPart } from './log-rows.ts'
import { createMemoryRows } from './memory-rows.ts'
import { ChangeConflict, type RowStore } from './row-store.ts'
import { testKind } from './testing/rows-kind.ts'

const stores: Readonly<Record<string, (t: ExecutionContext) => Promise<RowStore>>> = {
  memory: async () => createMemoryRows(),
  level: (t) => openLevelRows(testKind, { folder: temporaryFolder(t), ballast: 0 }),
}

async function valuesOf(store: RowStore): Promise<(readonly [number: number, value: string])[]> {
  const rows = await store.list({ prefix: 'event ', limit: 10_000 })
  return rows.map(({ key, value }) => [Number(key.slice('event '.length)), value])
}

for (const [name, open] of Object.entries(stores)) {
  test(`${name}: many changes at once give numbers without a gap, in the order of the changes`, async (t) => {
    const store = await open(t)
    t.teardown(() => store.close())
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        store.commit({ append: [`${i}a`, `${i}b`].map((value) => ({ log: 'event', value })) }),
      ),
    )
    const expected = Array.from({ length: 50 }, (_, i) => [`${i}a`, `${i}b`]).flat()
    t.deepEqual(
      await valuesOf(store),
      expected.map((value, i) => [i + 1, value]),
    )
    t.is(await lastNumber(store, 'event'), 100)
  })

  test(`${name}: a change that is not made takes no number`, async (t) => {
    const store = await open(t)
    t.teardown(() => store.close())
    const conflict = store.commit({ expect: [{ key: 'a', value: 'x' }], append: [{ log: 'event', value: 'none' }] })
    const made = store.commit({ put: [{ key: 'a', value: '1' }], append: [{ log: 'event', value: 'one' }] })
    await t.throwsAsync(conflict, { instanceOf: ChangeConflict })
    await made
    t.deepEqual(await valuesOf(store), [[1, 'one']])
  })

  test(`${name}: numbers go on when rows are removed`, async (t) => {
    const store = await open(t)
    t.teardown(() => store.close())
    await store.commit({ append: [{ log: 'event', value: 'one' }] })
    await store.commit({ remove: [`event ${numberPart(1)}`] })
    await store.commit({ append: [{ log: 'event', value: 'two' }], isMinor: true })
    t.deepEqual(await valuesOf(store), [[2, 'two']])
  })

  test(`${name}: logs count for themselves`, async (t) => {
    const store = await open(t)
    t.teardown(() => store.close())
    await store.commit({ append: ['event', 'other', 'event'].map((log) => ({ log, value: log })) })
    t.is(await lastNumber(store, 'other'), 1)
    t.is(await lastNumber(store, 'event'), 2)
    t.is(await lastNumber(store, 'third'), 0)
  })
}
