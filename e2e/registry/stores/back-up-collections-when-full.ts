import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notaryDatabases, notaryParts } from '../../../app/adapters/notary-parts.ts'
import { holdDatabases } from '../../../app/cli/registry/held-databases.ts'
import { notaryLayout } from '../../../notary/server/layout.ts'
import { notaryDatabase } from '../../../notary/store/open-trust-store.ts'
import { writeBackupFolder } from '../../../registry/backup/folder-backup.ts'
import { folderMembers } from '../../../registry/backup/folder-members.ts'
import { openBackup } from '../../../registry/backup/open-backup.ts'
import { noTarget, readBackup } from '../../../registry/backup/read-backup.ts'
import { restoreBackup } from '../../../registry/backup/restore.ts'
import { openLevelRows } from '../../../shared/rows/level-rows.ts'
import { outcome } from './outcome.ts'

/**
 * `back-up-collections-when-full.ts DISK`: trusted collections elsewhere whose backup fits on a disk of 20 MB once, and not when there
 * is more of them; and a restore that does not fit. Prints a report as JSON.
 */
const [disk = ''] = process.argv.slice(2)
const root = mkdtempSync(join(tmpdir(), 'ibuild-full-'))
const [folder, restored] = [join(disk, 'backup'), join(disk, 'root')]

/** Puts or removes rows that nothing makes smaller. */
async function change(count: number, isThere: boolean): Promise<void> {
  const store = await openLevelRows(notaryDatabase, { folder: notaryLayout(root).metadata, ballast: 0 })
  for (let i = 0; i < count; i++) {
    const key = `file ${count} ${i}`
    await store.commit(isThere ? { put: [{ key, value: randomBytes(75_000).toString('base64') }] } : { remove: [key] })
  }
  await store.close()
}

async function backUp(target: string): Promise<string> {
  await using held = await holdDatabases(root, notaryDatabases)
  const { databases } = held
  const backup = openBackup({ root, hold: undefined, databases, files: notaryParts.files, by: 'a test', now: 0 })
  return await outcome(writeBackupFolder(backup, { folder: target }))
}

const rowsOf = async (): Promise<unknown> =>
  (await readBackup(folderMembers(folder), noTarget, { atOnce: 1 })).manifest.databases.map(({ rows }) => rows)

await change(70, true)
const first = await backUp(folder)
const rows = await rowsOf()
await change(190, true)
const report = { first, rows, second: await backUp(folder), rowsAfterwards: await rowsOf() }
const large = join(root, 'backup')
await backUp(large)
const restore = await outcome(restoreBackup(folderMembers(large), restored, { atOnce: 4, further: notaryParts }))
const leftInRoot = readdirSync(restored)
await change(190, false)
const third = await backUp(folder)
process.stdout.write(`${JSON.stringify({ ...report, restore, leftInRoot, third, rowsAtLast: await rowsOf() })}\n`)
rmSync(root, { recursive: true })
