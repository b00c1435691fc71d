import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { openStore } from './open.ts'
import type { SizedDigest } from './remote-types.ts'

const diffID = digestOf('layer')
const sized = (text: string): SizedDigest => ({ digest: digestOf(text), size: text.length })

test('what is known of an index stays known, however little is told later', async (t) => {
  const { indexForms } = openStore(temporaryFolder(t))
  t.deepEqual(indexForms.get(diffID), [])
  await indexForms.add(diffID, { index: sized('one'), blob: sized('packed') })
  await indexForms.add(diffID, { index: sized('other') })
  await indexForms.add(diffID, { index: sized('one'), own: true })
  const one = { index: sized('one'), blob: sized('packed'), own: true }
  t.deepEqual(indexForms.get(diffID), [one, { index: sized('other') }])
  await indexForms.add(diffID, { index: sized('one'), blob: sized('packed anew') })
  t.deepEqual(indexForms.get(diffID)[0], { ...one, blob: sized('packed anew') })
})

test('entries of another form are misses, and all go with the layer', async (t) => {
  const store = openStore(temporaryFolder(t))
  await store.indexForms.add(diffID, { index: sized('one') })
  const entries = [{ index: 1 }, { index: { digest: 'md5:1', size: 1 } }, { index: sized('two'), blob: {} }, {}]
  writeFileSync(join(store.root, 'indexes', hexOf(diffID)), JSON.stringify({ version: 1, name: diffID, entries }))
  t.deepEqual(store.indexForms.get(diffID), [{ index: sized('two') }])
  await store.collectGarbage()
  t.deepEqual(readdirSync(join(store.root, 'indexes')), [])
})
