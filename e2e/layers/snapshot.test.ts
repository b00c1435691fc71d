import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { indexOf } from '../../builder/layers/layer-index.ts'
import { scanSnapshot, snapshotTar } from '../../builder/layers/snapshot-layer.ts'
import { createView, type LayerRef } from '../../builder/layers/view.ts'
import { needs } from '../testing/needs.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { describeView } from './describe.ts'
import { describeMounted, extractAll, makeStacks, type OverlayRequest } from './overlays.ts'

needs(test, 'root')(
  'what an overlay leaves in its upper folder is a layer: as a snapshot, as a tar, extracted',
  async (t) => {
    const made = await makeStacks(t, 6001, 20)
    const requests: OverlayRequest[] = []
    for (const { view, dir, seed } of made) {
      requests.push({ lowers: await extractAll(view, dir), scratch: dir, changeSeed: seed })
    }
    const changed = await describeMounted(temporaryFolder(t), requests)
    const again: OverlayRequest[] = []
    const records: LayerEntry[] = []
    for (const [i, { view, dir, seed, layers }] of made.entries()) {
      const upper = join(dir, 'upper')
      const { diffID, entries, size } = await scanSnapshot(upper, { below: view })
      const snapshot: LayerRef = { diffID, index: indexOf(entries), bytes: { kind: 'snapshot', dir: upper } }
      records.push(...entries)
      const wanted = changed[i]?.entries
      const seen = createView([...layers, snapshot])
      t.deepEqual((await describeView(seen)).entries, wanted, `snapshot ${seed}`)

      const file = join(dir, 'snapshot.tar')
      const imported = await importLayer(snapshotTar(upper, snapshot.index), file, { sync: false })
      t.is(imported.diffID, diffID)
      t.is(imported.size, size)
      t.deepEqual([...indexOf(imported.entries).entries()], [...snapshot.index.entries()], `index ${seed}`)
      const tar: LayerRef = { diffID, index: indexOf(imported.entries), bytes: { kind: 'tar', file } }
      t.deepEqual((await describeView(createView([...layers, tar]))).entries, wanted, `tar ${seed}`)

      mkdirSync(join(dir, 'again'))
      again.push({ lowers: await extractAll(seen, join(dir, 'again')), scratch: join(dir, 'again') })
    }
    const described = await describeMounted(temporaryFolder(t), again)
    t.deepEqual(
      described.map(({ entries }) => entries),
      changed.map(({ entries }) => entries),
    )
    const types = new Set<string>(records.map((entry) => (entry.opaque ? 'opaque' : entry.type)))
    for (const type of ['whiteout', 'opaque', 'hardlink', 'file', 'dir', 'symlink', 'fifo'])
      t.true(types.has(type), type)
  },
)
