import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { storeFor } from './testing/fixture.ts'

const text = 'a\0file\0\xe4\n'
const digest = digestOf(Buffer.from(text, 'latin1'))

test('a listing comes back the same; a damaged one does not', (t) => {
  const store = storeFor(t)
  t.is(store.listings.get(digest), undefined)
  store.listings.put(digest, [text.slice(0, 3), text.slice(3)])
  t.is(store.listings.get(digest), text)
  writeFileSync(path.join(store.root, 'listings', hexOf(digest)), 'other')
  t.is(store.listings.get(digest), undefined)
})

test('a listing that is too long is not kept, and not put together', (t) => {
  const store = storeFor(t)
  let asked = 0
  const endless = function* (): Generator<string> {
    for (;;) {
      asked++
      yield 'x'.repeat(1024 * 1024)
    }
  }
  store.listings.put(digest, endless())
  t.is(store.listings.get(digest), undefined)
  t.is(asked, 5)
})

test('prune keeps the listings that a record names', async (t) => {
  const store = storeFor(t)
  store.listings.put(digest, [text])
  store.listings.put(digestOf('other'), ['other'])
  const parts = [{ name: 'content of src', value: `src ${digest}` }]
  await store.records.put(digestOf('key'), { version: 1, step: 'COPY src /', parts, created: 0 })
  await store.collectGarbage()
  t.deepEqual(readdirSync(path.join(store.root, 'listings')), [hexOf(digest)])
  await store.collectGarbage({ keepRecords: false })
  t.deepEqual(readdirSync(path.join(store.root, 'listings')), [])
})
