import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import type { Store, StoredImage, StoredLayer } from '../../builder/store/types.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { ownOwner } from '../../shared/cas/owner.ts'
import { crashEveryCall } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, 'store-writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'crash-store-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** Some hundred runs of Node under strace. */
const longest = 600_000
const oldKeys = [digestOf('key of old')]

/** Every image that can be seen is whole, every tag leads to one, and nothing is left of the dead process. */
function checkStore(t: ExecutionContext, root: string, at: string): Store {
  const store = openStore(root)
  const left = readdirSync(path.join(root, 'tmp')).filter((name) => name !== ownOwner())
  t.deepEqual(left, [], `${at}: work in progress is cleared`)
  for (const image of store.images.list()) checkImage(t, store, image)
  for (const tag of store.tags.list()) {
    t.is(store.images.get(tag.name)?.manifestDigest, tag.manifest, `${at}: ${tag.name} leads to an image`)
  }
  for (const diffID of store.layers.list()) checkLayer(t, store.layers.get(diffID), `${at}: layer ${diffID}`)
  for (const digest of store.blobs.list()) t.notThrows(() => store.blobs.readVerified(digest, 1e6), `${at}: ${digest}`)
  const index: unknown = existsSync(path.join(root, 'index.json'))
    ? JSON.parse(readFileSync(path.join(root, 'index.json'), 'utf8'))
    : {}
  t.is(typeof index, 'object')
  return store
}

function checkImage(t: ExecutionContext, store: Store, image: StoredImage): void {
  t.is(image.config.rootfs.diff_ids.length, 2)
  t.is(digestOf(image.manifestBytes), image.manifestDigest)
  for (const diffID of image.config.rootfs.diff_ids) {
    checkLayer(t, store.layers.get(diffID), diffID)
    t.true(existsSync(path.join(store.root, 'layers', diffID.slice(7), 'durable')), 'synced before it was visible')
  }
}

function checkLayer(t: ExecutionContext, layer: StoredLayer | undefined, what: string): void {
  if (layer === undefined) return t.fail(`${what} is not whole`)
  t.true(readFileSync(layer.indexFile, 'utf8').startsWith('index of '), what)
  if (layer.bytes.kind === 'tar') t.is(digestOf(readFileSync(layer.bytes.file)), layer.diffID, what)
  else t.true(readFileSync(path.join(layer.bytes.dir, 'folder', 'file'), 'utf8').length > 0, what)
}

needs(test, 'strace')('killed at any call on a new folder, the next process finds a whole store', async (t) => {
  t.timeout(longest)
  const root = path.join(folder, 'new')
  const report = await crashEveryCall({
    script,
    args: [root, 'new'],
    prepare: () => rmSync(root, { recursive: true, force: true }),
    check: async (at) => {
      checkStore(t, root, at)
      await runOk(process.execPath, [script, root, 'new'])
      const store = checkStore(t, root, `${at}, then again`)
      t.is(store.tags.list().length, 2, 'the same work ends well afterwards')
    },
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 40)
})

needs(test, 'strace')('killed at any call, what was there before stays as it was', async (t) => {
  t.timeout(longest)
  const template = path.join(folder, 'template')
  const root = path.join(folder, 'used')
  await runOk(process.execPath, [script, template, 'old'])
  const old = openStore(template).images.get('app:old')?.manifestDigest
  const report = await crashEveryCall({
    script,
    args: [root, 'new'],
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      cpSync(template, root, { recursive: true, preserveTimestamps: true })
    },
    check: (at) => {
      const store = checkStore(t, root, at)
      t.is(store.tags.get('docker.io/library/app:old'), old, at)
      const moved = store.tags.get('docker.io/library/app:1')
      t.true(moved === old || moved === store.images.list()[0]?.manifestDigest, `${at}: the tag is the old or the new`)
      for (const key of oldKeys) t.is(store.records.get(key)?.step, 'RUN x', at)
    },
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 30)
})
