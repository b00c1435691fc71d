import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { extractTree } from '../../builder/layers/extract-tree.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { indexOf } from '../../builder/layers/layer-index.ts'
import { collect, once } from '../../builder/layers/testing/stream.ts'
import { createView, type RootfsView } from '../../builder/layers/view.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { describeDirectory, describeView } from './describe.ts'
import { describeMounted, extractAll, makeStacks, type OverlayRequest } from './overlays.ts'

const rooted = needs(test, 'root')

rooted('a tree extracted from the view of random layer stacks is what the view tells', async (t) => {
  for (const { view, dir, seed } of await makeStacks(t, 5001)) {
    mkdirSync(join(dir, 'tree'))
    t.deepEqual(await extractTree(view, join(dir, 'tree')), { owners: 0, devices: [] })
    t.deepEqual(describeDirectory(join(dir, 'tree')), await describeView(view), `stack ${seed}`)
  }
})

rooted('layers extracted one by one and mounted as an overlay are what the view tells', async (t) => {
  const made = await makeStacks(t, 5001)
  const requests: OverlayRequest[] = []
  for (const { view, dir } of made) requests.push({ lowers: await extractAll(view, dir), scratch: dir })
  const mounted = await describeMounted(temporaryFolder(t), requests)
  for (const [i, { view, seed }] of made.entries()) {
    const wanted = await describeView(view)
    t.deepEqual(mounted[i]?.entries, wanted.entries, `stack ${seed}`)
    const across = wanted.groups.filter((group) => !mounted[i]?.groups.includes(group))
    t.true(
      across.every((group) => crossesLayers(view, group)),
      `stack ${seed}: ${across.join('; ')}`,
    )
  }
})

/** Hardlinks into a lower layer are copies in an overlay: only those of one layer stay one file. */
function crossesLayers(view: RootfsView, group: string): boolean {
  const layers = group
    .split(' ')
    .map((path) => view.layers.findLastIndex((_, i) => view.placed(i).lookup(path) !== undefined))
  return new Set(layers).size > 1
}

rooted('another user than root gets all files as his own, and is told what is left out', async (t) => {
  const folder = temporaryFolder(t)
  const tree = join(folder, 'tree')
  mkdirSync(tree)
  for (const dir of [folder, tree]) chmodSync(dir, 0o777)
  const script = join(import.meta.dirname, 'extract-as-nobody.ts')
  const { stdout } = await runOk(process.execPath, [script, folder])
  t.deepEqual(JSON.parse(stdout), { owners: 2, devices: ['null'] })
  const { entries } = describeDirectory(tree)
  t.like(entries, { closed: 'dir 500 65534:65534' })
  t.regex(entries['closed/file'] ?? '', /^file 4711 65534:65534 1234567890123456789 /)
  t.regex(entries['roots'] ?? '', /^file 644 65534:65534 0 /)
  t.is(entries['null'], undefined)
})

needs(test, 'tar')('a sparse file has its holes', async (t) => {
  const folder = temporaryFolder(t)
  const file = openSync(join(folder, 'sparse'), 'w')
  for (const at of [0, 1 << 20, 3 << 20]) writeSync(file, Buffer.from('data'), 0, 4, at)
  closeSync(file)
  const tar = join(folder, 'l.tar')
  for (const format of ['gnu', 'pax']) {
    await runOk('tar', ['-C', folder, '--sparse', `--format=${format}`, '-cf', `${tar}.${format}`, 'sparse'])
    const bytes = readFileSync(`${tar}.${format}`)
    t.true(bytes.length < 1 << 20, format)
    const { diffID, entries } = await importLayer(once(bytes), tar, { sync: false })
    t.is([...entries][0]?.dataOffset, -1)
    const view = createView([{ diffID, index: indexOf(entries), bytes: { kind: 'tar', file: tar } }])
    t.deepEqual(await collect(view.open('sparse')), readFileSync(join(folder, 'sparse')))
  }
})
