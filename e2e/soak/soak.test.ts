import { rmSync } from 'node:fs'
import test from 'ava'
import { soak } from './run.ts'

const processes = { clients: 4, seed: 1 }

test('four processes share blobs, mount, skip, delete and pull while all garbage is collected at once: nothing is lost', async (t) => {
  const result = await soak({ ...processes, pushes: 150, tell: (line) => t.log(line) })
  const { counts, collectedMeanwhile, collected, end } = result
  t.log(counts, collectedMeanwhile, end)
  t.true(result.isGood, `the data folder is left: ${result.root}`)
  t.like(counts, { lost: 0, refused: 0, dangling: 0, errors: 0 })
  t.true(counts.pushes >= 150)
  for (const name of ['uploaded', 'mounted', 'skipped', 'known', 'aborted', 'pulls', 'listings', 'moved'] as const)
    t.true(counts[name] > 0, name)
  t.true(counts.tagDeletes > 0 && counts.manifestDeletes > 0)
  t.true(collectedMeanwhile.blobs > 0 && collectedMeanwhile.manifests > 0, 'the collector raced with them')
  t.is(collected.failures, 0)
  t.like(end, { unused: 0, findings: 0 })
  t.true((end?.tags ?? 0) > 0)
  t.true((end?.bytes ?? 0) < counts.uploadedBytes, 'what was deleted takes no space')
})

test('in a server without leases it sees that acknowledged blobs are missing', async (t) => {
  const weak = { without: 'leases', isOneEnough: true, tell: () => {} } as const
  const { counts, isGood, root = '' } = await soak({ ...processes, pushes: 500, ...weak })
  rmSync(root, { recursive: true, force: true })
  t.log(counts)
  t.false(isGood)
  t.true(counts.refused > 0)
})
