import path from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { diskNeeds, runOnDisk } from '../testing/own-disk.ts'

interface Report {
  readonly outcomes: Readonly<Record<string, string>>
  readonly afterLargeBlob: readonly string[]
  readonly whenFull: { readonly left: readonly string[]; readonly seen: unknown }
}

needs(test, ...diskNeeds.tmpfs)('a full disk is an error, and what was stored before stays', async (t) => {
  const script = path.join(import.meta.dirname, 'fill-disk.ts')
  const report = (await runOnDisk(t, script, { kind: 'tmpfs', size: '1m' })) as Report
  t.log(report.outcomes)
  t.deepEqual(report.outcomes, {
    'blob larger than the disk': 'DISK_FULL',
    'small image': 'done',
    tag: 'done',
    'unused blob': 'done',
    'full: blob': 'DISK_FULL',
    'full: image': 'DISK_FULL',
    'full: tag': 'DISK_FULL',
    'full: record': 'DISK_FULL',
    'full: layer': 'DISK_FULL',
    'full: snapshot': 'DISK_FULL',
    'full: another store': 'DISK_FULL',
    'full: garbage collection': 'done',
    'again: image': 'done',
    'again: tag': 'done',
    'again: layer': 'done',
    'again: another store': 'done',
  })
  t.deepEqual(report.afterLargeBlob, [])
  t.deepEqual(report.whenFull.left, [])
  const expected = { tags: ['docker.io/library/app:1'], authors: ['first'], layers: [], records: [], snapshot: null }
  t.deepEqual(report.whenFull.seen, expected)
})
