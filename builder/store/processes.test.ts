import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { checkStore, readIndexNames } from './testing/check-store.ts'
import { folderFor } from './testing/fixture.ts'

const script = path.join(import.meta.dirname, 'testing', 'writer.ts')

/** Runs one process for each list of texts, all at once; each must end well. */
async function runAll(root: string, jobs: readonly (readonly string[])[]): Promise<void> {
  const children = jobs.map((texts) => fork(script, [root, ...texts], { stdio: 'inherit' }))
  const ends = await Promise.all(children.map(async (child) => once(child, 'exit')))
  const failed = ends.filter(([code]) => code !== 0)
  if (failed.length > 0) throw new Error(`${failed.length} of ${jobs.length} processes failed: ${failed.join(' ')}`)
}

test('eight processes make the same in a new store: it is there once', async (t) => {
  const root = path.join(folderFor(t), 'root')
  await runAll(
    root,
    Array.from({ length: 8 }, () => ['same']),
  )
  const store = checkStore(t, root)
  t.is(store.images.list().length, 1)
  t.deepEqual(
    store.tags.list().map((tag) => tag.name),
    ['docker.io/library/app:1', 'docker.io/library/app:same'],
  )
  t.is(store.layers.list().length, 3)
  t.is(readdirSync(path.join(root, 's')).length, 2)
  t.is(statSync(store.blobs.path(digestOf('same'))).nlink, 2)
})

test('eight processes make different things and collect garbage: nothing is lost', async (t) => {
  const root = path.join(folderFor(t), 'root')
  const jobs = Array.from({ length: 6 }, (_, i) => [`a${i}`, `b${i}`, 'both', `c${i}`])
  await runAll(root, [...jobs, ['gc', 'gc', 'gc', 'gc'], ['gc', 'x', 'gc', 'gc']])
  const store = checkStore(t, root)
  const texts = [...jobs.flat().filter((text) => text !== 'both'), 'both', 'x'].sort()
  const names = ['1', ...texts].map((text) => `docker.io/library/app:${text}`)
  t.deepEqual(
    store.tags.list().map((tag) => tag.name),
    names,
  )
  t.deepEqual(readIndexNames(root), names, 'index.json has them all')
  t.is(store.images.list().length, texts.length)
  for (const text of texts) t.is(store.records.get(digestOf(`key of ${text}`))?.parts[0]?.value, text)
  const { left: _left, ...removed } = await store.collectGarbage()
  t.deepEqual(removed, { images: 0, layers: 0, snapshots: 0, blobs: 0, records: 0, bytes: 0 })
})
