import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { openStore } from './open.ts'
import { storeFor } from './testing/fixture.ts'

test('a secret has one digest in a store, and another one in another store', (t) => {
  const [store, other] = [storeFor(t), storeFor(t)]
  const digest = store.secretDigest('hunter2')
  t.regex(digest, /^hmac-sha256:[0-9a-f]{64}$/)
  t.is(openStore(store.root).secretDigest('hunter2'), digest)
  t.not(store.secretDigest('hunter3'), digest)
  t.not(other.secretDigest('hunter2'), digest)
})

test('the key is for its owner alone, and made anew when it is damaged', (t) => {
  const store = storeFor(t)
  const file = path.join(store.root, 'record-secret')
  t.is(statSync(file, { throwIfNoEntry: false }), undefined, 'made when it is first needed')
  const digest = store.secretDigest('x')
  t.is(statSync(file).mode & 0o777, 0o600)
  t.is(readFileSync(file).length, 32)
  writeFileSync(file, 'short')
  const again = openStore(store.root)
  t.not(again.secretDigest('x'), digest)
  t.is(readFileSync(file).length, 32)
})
