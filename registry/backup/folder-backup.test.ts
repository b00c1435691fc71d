import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { imageOf, named, pushArtifact, pushBlob } from '../service/testing/images.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { claimWorkFolder } from '../storage/work-folder.ts'
import { type FolderReport, writeBackupFolder } from './folder-backup.ts'
import { folderMembers } from './folder-members.ts'
import { noTarget, type ReadReport, readBackup } from './read-backup.ts'
import { type Bench, filesBelow, openBench, writeRootFiles } from './testing/bench.ts'

const app = named('team/app')

const into = (bench: Bench, folder: string, isLinked = false): Promise<FolderReport> =>
  bench.backUp((backup) => writeBackupFolder(backup, { folder, isLinked }))
const verify = (folder: string): Promise<ReadReport> => readBackup(folderMembers(folder), noTarget, { atOnce: 4 })
const fileOf = (bench: Bench, digest: Digest): string => blobPlace(registryLayout(bench.root), digest).file

test('the second backup copies what is new, and takes away what nobody needs any more', async (t) => {
  const bench = await openBench(t)
  const folder = join(temporaryFolder(t), 'backup')
  const [kept, gone] = [randomBytes(100_000), randomBytes(50_000)]
  await pushBlob(bench.service, app, kept)
  const removed = await pushBlob(bench.service, app, gone)
  const first = await into(bench, folder)
  t.is(first.manifest.blobs.bytes, 150_000)
  t.true(first.added.bytes > 150_000 && first.added.bytes < 155_000, String(first.added.bytes))
  const again = await into(bench, folder)
  t.deepEqual(again.added, { count: 0, bytes: 0 })
  await bench.service.blobs.remove(app, removed)
  await pushBlob(bench.service, app, randomBytes(7000))
  const third = await into(bench, folder)
  const rows = 2000
  t.true(third.added.bytes >= 7000 && third.added.bytes < 7000 + rows, String(third.added.bytes))
  t.is(third.added.count, 2, 'a blob, and one piece of rows')
  t.is(third.removed, 2)
  t.deepEqual((await verify(folder)).blobs, { count: 2, bytes: 107_000 })
})

test('small files are in it by their content, for their owner alone', async (t) => {
  const bench = await openBench(t)
  writeRootFiles(bench.root)
  const folder = join(temporaryFolder(t), 'backup')
  const { manifest } = await into(bench, folder)
  t.deepEqual(
    manifest.files.map(({ path, mode }) => [path, mode]),
    [
      ['registry/htpasswd', 0o600],
      ['registry/tls/ca.crt', 0o644],
      ['registry/tls/ca.key', 0o600],
      ['registry/token-keys/keys.json', 0o600],
      ['registry/token-keys/old/keys.json', 0o600],
    ],
  )
  t.is(statSync(folder).mode & 0o777, 0o700)
  for (const name of filesBelow(folder).keys()) t.is(statSync(join(folder, name)).mode & 0o077, 0, name)
})

test('with hard links blobs are the same files, and deleting them here takes them not from there', async (t) => {
  const bench = await openBench(t)
  const digest = await pushBlob(bench.service, app, randomBytes(1000))
  const folder = join(temporaryFolder(t), 'backup')
  await into(bench, folder, true)
  const copy = [...filesBelow(folder).keys()].find((name) => name.endsWith(digest.slice(7))) ?? ''
  t.is(statSync(join(folder, copy)).ino, statSync(fileOf(bench, digest)).ino)
  await bench.service.blobs.remove(app, digest)
  t.is((await verify(folder)).blobs.count, 1)
})

test('blobs that are damaged in the registry are told, and all others are in the backup', async (t) => {
  for (const isLinked of [false, true]) {
    const bench = await openBench(t)
    const digests: Digest[] = []
    for (const size of [3000, 3_000_000, 2000, 1000])
      digests.push(await pushBlob(bench.service, app, randomBytes(size)))
    const [flipped, cut, missing, whole] = digests as [Digest, Digest, Digest, Digest]
    writeFileSync(fileOf(bench, flipped), randomBytes(3000))
    writeFileSync(fileOf(bench, cut), randomBytes(5))
    rmSync(fileOf(bench, missing))
    const folder = join(temporaryFolder(t), 'backup')
    const { manifest } = await into(bench, folder, isLinked)
    const told = isLinked ? [cut, missing] : [flipped, cut, missing]
    t.deepEqual(manifest.damaged, told.toSorted())
    if (isLinked) {
      await t.throwsAsync(verify(folder), { code: 'BACKUP_INVALID', message: new RegExp(flipped) })
      continue
    }
    const report = await verify(folder)
    t.deepEqual([report.missing.toSorted(), report.damaged, report.blobs.count], [told.toSorted(), [], 1])
    t.true(filesBelow(folder).has(`blobs/sha256/${whole.slice(7, 9)}/${whole.slice(7)}`))
  }
})

test('a whole copy in the backup outlives the damage of the registry', async (t) => {
  const bench = await openBench(t)
  const digest = await pushBlob(bench.service, app, randomBytes(1000))
  const folder = join(temporaryFolder(t), 'backup')
  await into(bench, folder)
  writeFileSync(fileOf(bench, digest), randomBytes(1000))
  t.deepEqual((await into(bench, folder)).manifest.damaged, [])
  t.is((await verify(folder)).blobs.count, 1)
})

test('one that breaks off leaves the backup before whole, and the next goes on', async (t) => {
  const bench = await openBench(t)
  const folder = join(temporaryFolder(t), 'backup')
  await pushBlob(bench.service, app, randomBytes(1000))
  const { manifest } = await into(bench, folder)
  await pushArtifact(bench.service, app, imageOf('new'), ['1'])
  const fail = (): never => {
    throw new Error('the server is gone')
  }
  const broken = bench.backUp((backup) => writeBackupFolder({ ...backup, finish: fail }, { folder }))
  await t.throwsAsync(broken, { message: 'the server is gone' })
  t.deepEqual((await verify(folder)).manifest, manifest)
  const next = await into(bench, folder)
  t.is(next.added.count, 0, 'what the broken one copied was there')
  t.is((await verify(folder)).blobs.count, 4)
})

test('a hold that ended before the backup did makes none', async (t) => {
  const bench = await openBench(t)
  await pushBlob(bench.service, app, randomBytes(1000))
  const folder = join(temporaryFolder(t), 'backup')
  const { openBackup } = await import('./open-backup.ts')
  const hold = await bench.service.hold()
  const backup = openBackup({ root: bench.root, hold: { ...hold, isHeld: () => false }, by: 'x', now: 0 })
  await t.throwsAsync(writeBackupFolder(backup, { folder }), { code: 'SERVER_FAILED' })
  await hold.release()
  await t.throwsAsync(verify(folder), { code: 'BACKUP_INVALID', message: /no whole backup/ })
})

test('a folder with other things, of a newer format, or in use is refused as it is', async (t) => {
  const bench = await openBench(t)
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'letter'), 'x')
  await t.throwsAsync(into(bench, folder), { code: 'BACKUP_INVALID', message: /other things/ })
  t.deepEqual(readdirSync(folder), ['letter'])
  const newer = temporaryFolder(t)
  writeFileSync(join(newer, 'ibuild-backup.json'), '{"format":9}')
  await t.throwsAsync(into(bench, newer), { code: 'BACKUP_INVALID', message: /of format 9/ })
  const used = temporaryFolder(t)
  const other = await claimWorkFolder(used, 'work')
  await t.throwsAsync(into(bench, used), { code: 'SERVER_BUSY' })
  t.true(existsSync(other.path), 'what the other one works on stays')
  await other[Symbol.asyncDispose]()
  await into(bench, used)
})

test('what a killed process left in the folder goes', async (t) => {
  const bench = await openBench(t)
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'work-1-1-000000000000-1'))
  writeFileSync(join(folder, 'work-1-1-000000000000-1/3'), 'half')
  await into(bench, folder)
  t.deepEqual(readdirSync(folder).sort(), ['ibuild-backup.json', 'manifest.json', 'metadata'])
})

test('uploads that go on are counted, and left out', async (t) => {
  const bench = await openBench(t)
  await bench.service.uploads.start(app)
  await bench.service.uploads.start(app)
  const folder = join(temporaryFolder(t), 'backup')
  const { manifest } = await into(bench, folder)
  t.is(manifest.uploads, 2)
  const text = [...filesBelow(folder).values()].join('\n')
  t.false(text.includes('upload '))
})

test('a file of the data folder that is too large for a backup is named', async (t) => {
  const bench = await openBench(t)
  writeFileSync(join(bench.root, 'registry/core'), Buffer.alloc(5 * 2 ** 20))
  await t.throwsAsync(into(bench, join(temporaryFolder(t), 'backup')), {
    code: 'STORE_INVALID',
    message: /registry\/core/,
  })
})
