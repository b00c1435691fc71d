import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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

test('the latest records of a step are found by its name, newest first', async (t) => {
  const store = storeFor(t)
  const keys = Array.from({ length: 10 }, (_, i) => digestOf(`key ${i}`))
  for (const [i, each] of keys.entries()) await store.records.put(each, { ...record, created: i })
  await store.records.put(digestOf('key of another'), { ...record, step: 'RUN other' })
  const found = store.records.byStep('RUN make')
  t.deepEqual(
    found.map(({ record: { created } }) => created),
    [9, 8, 7, 6, 5, 4, 3, 2],
  )
  await store.records.put(keys[5] ?? key, record)
  t.deepEqual(store.records.byStep('RUN make').map((each) => each.key)[0], keys[5])
  t.is(store.records.byStep('RUN make').length, 8)
  t.deepEqual(store.records.byStep('RUN nothing'), [])
})

test('a lost pointer or record only shortens the list', async (t) => {
  const store = storeFor(t)
  const second = digestOf('second')
  await store.records.put(key, record)
  await store.records.put(second, record)
  rmSync(fileOf(store))
  t.deepEqual(
    store.records.byStep('RUN make').map((each) => each.key),
    [second],
  )
  const steps = path.join(store.root, 'steps')
  const [pointer = ''] = readdirSync(steps)
  writeFileSync(path.join(steps, pointer), 'damaged')
  t.deepEqual(store.records.byStep('RUN make'), [])
  await store.records.put(key, { ...record, step: 'RUN other' })
  const [moved = ''] = readdirSync(steps).filter((name) => name !== pointer)
  renameSync(path.join(steps, moved), path.join(steps, pointer))
  t.deepEqual(store.records.byStep('RUN make'), [], 'the pointer of another step is not believed')
  t.true(existsSync(fileOf(store)))
})
