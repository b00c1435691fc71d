import { join } from 'node:path'
import test from 'ava'
import { flatTar } from '../../builder/export/flat-tar.ts'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { indexOf } from '../../builder/layers/layer-index.ts'
import { collect, once } from '../../builder/layers/testing/stream.ts'
import { createView, type RootfsView } from '../../builder/layers/view.ts'
import { describeView } from '../layers/describe.ts'
import { makeStacks } from '../layers/overlays.ts'

test('export and import of random stacks keep everything, and exporting again gives the same bytes', async (t) => {
  const types = new Set<string>()
  for (const { view, dir, seed } of await makeStacks(t, 7301)) {
    const exported = await collect(flatTar(view))
    const file = join(dir, 'flat.tar')
    const { diffID, entries } = await importLayer(once(exported), file, { sync: false })
    const again = createView([{ diffID, index: indexOf(entries), bytes: { kind: 'tar', file } }])
    t.deepEqual(await describeView(again), await describeView(view), `stack ${seed}`)
    t.deepEqual(fieldsOf(again), fieldsOf(view), `stack ${seed}`)
    t.true(exported.equals(await collect(flatTar(again))), `stack ${seed}`)
    for (const { type } of view.walk()) types.add(type)
  }
  t.deepEqual([...types].sort(), ['char', 'dir', 'fifo', 'file', 'symlink'])
})

/** All that an entry says but where its content lies and what hides what. */
function fieldsOf(view: RootfsView): object[] {
  const entries: Iterable<LayerEntry> = view.walk()
  return [view.lstat(''), ...entries].map((entry) => ({ ...entry, dataOffset: undefined, opaque: undefined }))
}
