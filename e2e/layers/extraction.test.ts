import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { extractTree } from '../../builder/layers/extract-tree.ts'
import type { RootfsView } from '../../builder/layers/view.ts'
import { needs } from '../testing/needs.ts'
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
