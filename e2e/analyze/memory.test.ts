import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { compareRecords } from '../../builder/layers/index-types.ts'
import { encodeLayerIndex } from '../../builder/layers/layer-index.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import { openStore } from '../../builder/store/open.ts'
import { digestFromHash, digestOf } from '../../shared/base/digest.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** IBUILD_TEST_ENTRIES=1000000 makes a long run of it. */
const entries = Number(process.env['IBUILD_TEST_ENTRIES'] ?? 200_000)
const layers = 20
const mostMiB = 256

/** Every second layer has the files of the one below, with another owner. */
function* recordsOf(layer: number): Generator<LayerEntry> {
  const count = entries / layers
  const first = (layer - (layer % 2)) * count
  for (let i = 0; i < count; i++) {
    const directory = `usr/lib/package-${String(first + i - (i % 50)).padStart(8, '0')}`
    if (i % 50 === 0) yield blankEntry(directory, 'dir')
    const digest = digestFromHash(
      createHash('sha256')
        .update(`${first + i}`)
        .digest(),
    )
    yield blankEntry(`${directory}/file-${i % 50}.js`, 'file', { size: 5000, digest, uid: layer % 2 })
  }
}

/** Layers that have an index and next to no tar: nobody reads it. */
async function makeImageOf(space: Workspace): Promise<void> {
  const store = openStore(space.root)
  const made = []
  for (let layer = 0; layer < layers; layer++) {
    const folder = await store.temp('layer')
    const tarFile = join(folder.dir, 'layer')
    const text = `layer ${layer}`
    writeFileSync(tarFile, text)
    const index = encodeLayerIndex([...recordsOf(layer)].sort(compareRecords))
    made.push(await store.layers.commitTar({ diffID: digestOf(text), size: text.length, tarFile, index }))
    await folder.release()
  }
  const { manifest, config } = makeImage(made)
  const { manifestDigest } = await store.images.put(manifest, config)
  await store.tags.set('docker.io/library/large:latest', manifestDigest)
}

test(`an image of ${entries} files is analysed in ${mostMiB} MiB`, async (t) => {
  t.timeout(240_000)
  const space = await makeWorkspace(t)
  await makeImageOf(space)
  const probe = join(space.folder, 'probe.cjs')
  writeFileSync(
    probe,
    "process.on('exit', () => require('node:fs').writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`))",
  )
  const { stdout, stderr } = await space.ok(['analyze', '--json', 'large'], {
    env: { NODE_OPTIONS: `--require ${probe}` },
    timeout: 200_000,
  })
  const { totals } = JSON.parse(stdout) as { totals: object }
  t.like(totals, { files: entries, bytes: entries * 5000, wastedBytes: (entries * 5000) / 2, efficiency: 0.5 })
  const peak = Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024
  t.log(`${Math.round(peak)} MiB`)
  t.true(peak < mostMiB, `${peak} MiB`)
})
