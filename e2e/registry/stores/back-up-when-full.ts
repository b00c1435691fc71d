import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBackupFolder } from '../../../registry/backup/folder-backup.ts'
import { folderMembers } from '../../../registry/backup/folder-members.ts'
import { openBackup } from '../../../registry/backup/open-backup.ts'
import { noTarget, readBackup } from '../../../registry/backup/read-backup.ts'
import { restoreBackup } from '../../../registry/backup/restore.ts'
import { createService } from '../../../registry/service/create-service.ts'
import { named, pushBlob } from '../../../registry/service/testing/images.ts'
import { openFileDriver } from '../../../registry/storage/file-driver.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../../registry/storage/level-metadata.ts'
import { outcome } from './outcome.ts'

/**
 * `back-up-when-full.ts DISK`: a registry elsewhere whose backup fits on a disk of 20 MB once, and not when there is more of it;
 * and a restore that does not fit. Prints a report as JSON.
 */
const [disk = ''] = process.argv.slice(2)
const root = mkdtempSync(join(tmpdir(), 'ibuild-full-'))
const [folder, restored] = [join(disk, 'backup'), join(disk, 'root')]
const app = named('app')

const driver = await openFileDriver(root)
const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, ballast: 0 })
const service = await createService({ driver, metadata })

async function backUp(): Promise<string> {
  const hold = await service.hold()
  const backup = openBackup({ root, hold, by: 'a test', now: 0 })
  const result = await outcome(writeBackupFolder(backup, { folder }))
  await hold.release()
  return result
}

const blobsOf = async (): Promise<number> =>
  (await readBackup(folderMembers(folder), noTarget, { atOnce: 1 })).blobs.count

await pushBlob(service, app, randomBytes(8_000_000))
const first = await backUp()
await pushBlob(service, app, randomBytes(8_000_000))
await pushBlob(service, app, randomBytes(9_000_000))
const report = {
  first,
  second: await backUp(),
  blobsAfterwards: await blobsOf(),
  leftInBackup: readdirSync(folder).sort(),
  restore: '',
  leftInRoot: [''],
  third: '',
  blobsAtLast: 0,
}
const large = join(root, 'backup')
const hold = await service.hold()
await writeBackupFolder(openBackup({ root, hold, by: 'a test', now: 0 }), { folder: large })
await hold.release()
report.restore = await outcome(restoreBackup(folderMembers(large), restored, { atOnce: 4 }))
report.leftInRoot = readdirSync(restored)
for (const { key } of (await metadata.list({ prefix: 'link app ', limit: 9 })).slice(0, 2)) {
  await service.blobs.remove(app, key.slice(9) as Parameters<typeof service.blobs.remove>[1])
}
report.third = await backUp()
report.blobsAtLast = await blobsOf()
await service.close()
rmSync(root, { recursive: true })
process.stdout.write(`${JSON.stringify(report)}\n`)
