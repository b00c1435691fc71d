import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { storeFor } from './testing/fixture.ts'
import type { StepRecord, Store } from './types.ts'

const key = digestOf('key')
const record: StepRecord = {
  version: 1,
  step: 'RUN make',
  parts: [
    { name: 'parent', value: digestOf('parent') },
    { name: 'command', value: 'make\n"äöü" \u2028' },
  ],
  diffID: digestOf('layer'),
  created: 1_700_000_000_000,
  extra: { window: [1, 2], nested: { a: null } },
}

function fileOf(store: Store): string {
  return path.join(store.root, 'records', hexOf(key).slice(0, 2), hexOf(key))
}

test('a record comes back the same, also without what may be absent', async (t) => {
  const store = storeFor(t)
  t.is(store.records.get(key), undefined)
  await store.records.put(key, record)
  t.deepEqual(store.records.get(key), record)
  const least: StepRecord = { version: 1, step: '', parts: [], created: 0 }
  await store.records.put(key, least)
  t.deepEqual(store.records.get(key), least)
  t.deepEqual(store.records.list(), [key])
})

test('a record with any byte changed or cut off is a miss', async (t) => {
  const store = storeFor(t)
  await store.records.put(key, record)
  const good = readFileSync(fileOf(store))
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ change
      for (const content of [bad, good.subarray(0, at)]) {
        writeFileSync(fileOf(store), content)
        t.is(store.records.get(key), undefined)
      }
    }),
    { numRuns: 200 },
  )
  writeFileSync(fileOf(store), good)
  t.deepEqual(store.records.get(key), record)
})

test('the record of another key is a miss', async (t) => {
  const store = storeFor(t)
  await store.records.put(key, record)
  const good = readFileSync(fileOf(store))
  const other = digestOf('other')
  await store.records.put(other, record)
  writeFileSync(path.join(store.root, 'records', hexOf(other).slice(0, 2), hexOf(other)), good)
  t.is(store.records.get(other), undefined)
})

test('a record whose shape is wrong is a miss', async (t) => {
  const store = storeFor(t)
  const wrong = [
    {},
    [],
    'x',
    null,
    { ...record, version: 2 },
    { ...record, parts: [{ name: 'a' }] },
    { ...record, diffID: 'x' },
  ]
  for (const value of wrong) {
    const body = JSON.stringify([key, value])
    await store.records.put(key, record)
    writeFileSync(fileOf(store), `${digestOf(body)}\n${body}`)
    t.is(store.records.get(key), undefined, body)
  }
})

test('a record beyond the cap is refused', async (t) => {
  const store = storeFor(t)
  const large = { ...record, parts: [{ name: 'a', value: 'x'.repeat(1024 * 1024) }] }
  await t.throwsAsync(store.records.put(key, large), { message: /a record of \d+ characters/ })
  t.is(store.records.get(key), undefined)
})

test('the latest records under a name are found by it, newest first', async (t) => {
  const store = storeFor(t)
  const keys = Array.from({ length: 10 }, (_, i) => digestOf(`key ${i}`))
  const names = ['RUN make', 'second step']
  for (const [i, each] of keys.entries()) await store.records.put(each, { ...record, created: i }, names)
  await store.records.put(digestOf('key of another'), record, ['RUN other', 'second step'])
  await store.records.put(digestOf('key without names'), record)
  const found = store.records.latest(['RUN make'])
  t.deepEqual(
    found.map((trace) => trace.record?.created),
    [9, 8, 7, 6, 5, 4, 3, 2],
  )
  await store.records.put(keys[5] ?? key, record, names)
  const again = store.records.latest(['RUN make'])
  t.deepEqual([again[0]?.key, again.length], [keys[5], 8])
  t.is(store.records.latest(['RUN make', 'second step']).length, 9, 'the other one, and eight that both names have')
  t.deepEqual(store.records.latest(['RUN make', 'second step'])[0]?.names, names)
  t.deepEqual(store.records.latest(['RUN nothing']), [])
})

test('a record that is gone or damaged is still known to have been there', async (t) => {
  const store = storeFor(t)
  t.false(store.records.isThere(key))
  await store.records.put(key, record, ['RUN make'])
  writeFileSync(fileOf(store), 'damaged')
  t.deepEqual(store.records.latest(['RUN make']), [
    { key, names: ['RUN make'], record: undefined, prunedAt: undefined },
  ])
  t.true(store.records.isThere(key))
  const before = Date.now()
  await store.collectGarbage({ keepRecords: false })
  t.false(store.records.isThere(key))
  const [trace] = store.records.latest(['RUN make'])
  t.true(trace?.prunedAt !== undefined && trace.prunedAt >= before && trace.prunedAt <= Date.now())
  await store.records.put(key, record, ['RUN make'])
  t.is(store.records.latest(['RUN make'])[0]?.prunedAt, undefined)
})

test('a journal that is damaged, cut off or long only shortens the list', async (t) => {
  const store = storeFor(t)
  const journal = path.join(store.root, 'steps/journal')
  await store.records.put(key, record, ['RUN make'])
  const line = readFileSync(journal, 'utf8')
  const other = digestOf('other')
  for (const damage of [
    line.slice(0, 40),
    '\0\n',
    'prune x\n',
    `${'x'.repeat(100)}\n`,
    `sha256:zz ${line.slice(72)}`,
  ]) {
    writeFileSync(journal, `${damage}\n`)
    await store.records.put(other, record, ['RUN make'])
    t.deepEqual(
      store.records.latest(['RUN make']).map((trace) => trace.key),
      [other],
    )
  }
  writeFileSync(journal, line.repeat(20_000))
  await store.records.put(other, record, ['RUN make'])
  t.true(statSync(journal).size < 300_000)
  t.deepEqual(
    store.records.latest(['RUN make']).map((trace) => trace.key),
    [other, key],
  )
})
