import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { checkStore } from '../../builder/store/testing/check-store.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../../builder/store/testing/writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'crash-store-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** Milliseconds for some hundred runs of Node. */
const longest = 900_000

needs(test, 'gcc')('killed at any call on a new folder, the next process finds a whole store', async (t) => {
  t.timeout(longest)
  const root = path.join(folder, 'new')
  const report = await crashEveryCall({
    script,
    args: [root, 'new'],
    env: keepCode,
    within: folder,
    prepare: () => rmSync(root, { recursive: true, force: true }),
    check: async (at) => {
      checkStore(t, root, at)
      await runOk(process.execPath, [script, root, 'new'], { env: keepCode })
      const store = checkStore(t, root, `${at}, then again`)
      t.is(store.tags.list().length, 2, 'the same work ends well afterwards')
    },
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 40)
})

needs(test, 'gcc')('killed at any call, what was there before stays as it was', async (t) => {
  t.timeout(longest)
  const template = path.join(folder, 'template')
  const root = path.join(folder, 'used')
  await runOk(process.execPath, [script, template, 'old'])
  const old = openStore(template).images.get('app:old')?.manifestDigest
  const report = await crashEveryCall({
    script,
    args: [root, 'new'],
    env: keepCode,
    within: folder,
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      cpSync(template, root, { recursive: true, preserveTimestamps: true })
    },
    check: (at) => {
      const store = checkStore(t, root, at)
      t.is(store.tags.get('docker.io/library/app:old'), old, at)
      const moved = store.tags.get('docker.io/library/app:1')
      const known = store.images.list().map((image) => image.manifestDigest)
      t.true(moved !== undefined && known.includes(moved), `${at}: the tag leads to the old image or to the new`)
      t.is(store.records.get(digestOf('key of old'))?.step, 'RUN x', at)
    },
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 30)
})

needs(test, 'gcc')('killed at any call of a garbage collection, what is needed is still there', async (t) => {
  t.timeout(longest)
  const template = path.join(folder, 'garbage')
  const root = path.join(folder, 'collected')
  await runOk(process.execPath, [script, template, 'old', 'kept'])
  const store = openStore(template)
  const doomed = store.images.get('app:old')
  if (doomed !== undefined) await store.images.remove(doomed.manifestDigest)
  for (const name of readdirSync(path.join(template, 'records'))) {
    rmSync(path.join(template, 'records', name), { recursive: true })
  }
  const report = await crashEveryCall({
    script,
    args: [root, 'gc'],
    env: keepCode,
    within: folder,
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      cpSync(template, root, { recursive: true, preserveTimestamps: true })
    },
    check: async (at) => {
      const found = checkStore(t, root, at)
      t.is(found.tags.list().length, 2, at)
      await found.collectGarbage()
      t.is(found.layers.list().length, 3, `${at}: the next collection removes the rest`)
      t.is(found.blobs.list().length, 3, at)
    },
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 8)
})
