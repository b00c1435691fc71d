import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { diskNeeds, runOnDisk } from '../../testing/own-disk.ts'

needs(test, ...diskNeeds.tmpfs)('on a full disk a backup leaves the one before, and a restore nothing', async (t) => {
  const script = path.join(import.meta.dirname, '../stores/back-up-when-full.ts')
  const report = await runOnDisk(t, script, { kind: 'tmpfs', size: '20m' })
  t.like(report, {
    first: 'done',
    second: 'DISK_FULL',
    blobsAfterwards: 1,
    restore: 'DISK_FULL',
    leftInRoot: [],
    third: 'done',
    blobsAtLast: 1,
  })
  t.deepEqual((report as { leftInBackup: string[] }).leftInBackup, [
    'blobs',
    'ibuild-backup.json',
    'manifest.json',
    'metadata',
  ])
})

needs(test, ...diskNeeds.tmpfs)('and so of trusted collections, whose rows alone do not fit', async (t) => {
  const script = path.join(import.meta.dirname, '../stores/back-up-collections-when-full.ts')
  const rows = [71] // with that of the format
  t.deepEqual(await runOnDisk(t, script, { kind: 'tmpfs', size: '20m' }), {
    first: 'done',
    rows,
    second: 'DISK_FULL',
    rowsAfterwards: rows,
    restore: 'DISK_FULL',
    leftInRoot: [],
    third: 'done',
    rowsAtLast: rows,
  })
})
