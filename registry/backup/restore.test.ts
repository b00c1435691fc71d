import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import { imageOf, indexOf, named, pushArtifact, pushBlob, subjectOf } from '../service/testing/images.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { refuseUnfinishedRestore } from '../storage/unfinished-restore.ts'
import { claimWorkFolder } from '../storage/work-folder.ts'
import { manifestText } from './manifest.ts'
import { fileName } from './members.ts'
import type { ReadReport } from './read-backup.ts'
import { restoreBackup } from './restore.ts'
import {
  type Bench,
  filesBelow,
  type Held,
  heldMembers,
  openBench,
  readingMembers,
  rowsOf,
  writeRootFiles,
} from './testing/bench.ts'

const app = named('team/app')

/** Some of everything. */
async function fill({ service, root }: Bench): Promise<void> {
  const [one, two] = [imageOf('one'), imageOf('two')]
  await pushArtifact(service, app, one, ['1', 'latest'])
  await pushArtifact(service, app, two, ['2', 'latest'])
  await pushArtifact(service, app, indexOf([one, two]), ['all'])
  await pushArtifact(service, app, imageOf('signature', subjectOf(one)))
  await pushBlob(service, named('other/place'), randomBytes(10_000), 'sha512')
  await service.manifests.remove(app, { tag: '2' })
  await service.uploads.start(app)
  writeRootFiles(root)
}

const restore = (held: readonly Held[], root: string, more: object = {}): Promise<ReadReport> =>
  restoreBackup(readingMembers(held), root, { atOnce: 1, ...more })

test('what is restored has every row, byte and file of what was backed up', async (t) => {
  const bench = await openBench(t)
  await fill(bench)
  const held = await bench.backUp(heldMembers)
  const root = join(temporaryFolder(t), 'new/place')
  const report = await restore(held, root)
  t.deepEqual([report.missing, report.damaged], [[], []])
  t.deepEqual(readdirSync(root), ['registry'])
  const [files, original] = [filesBelow(root), filesBelow(bench.root)]
  for (const name of ['registry/tls/server.key.new', ...[...original.keys()].filter((each) => /uploads/.test(each))])
    original.delete(name)
  t.deepEqual(files, original)
  for (const name of files.keys()) t.is(statSync(join(root, name)).mode, statSync(join(bench.root, name)).mode, name)
  const again = await openBench(t, root)
  t.deepEqual(await rowsOf(again.metadata), await rowsOf(bench.metadata))
  t.deepEqual(await checkRegistry({ metadata: again.metadata, driver: await openFileDriver(root) }), [])
  t.deepEqual((await again.service.tags(app, { count: 9, last: undefined })).items, ['1', 'all', 'latest'])
  const subject = imageOf('one').digest
  t.is((await again.service.referrers(app, subject, { page: { count: 9, last: undefined } })).items.length, 1)
  await pushArtifact(again.service, app, imageOf('more'), ['more'])
})

test('a backup is restored into an empty folder only', async (t) => {
  const bench = await openBench(t)
  const held = await bench.backUp(heldMembers)
  const root = temporaryFolder(t)
  writeFileSync(join(root, 'letter'), 'x')
  await t.throwsAsync(restore(held, root), { code: 'STORE_INVALID', message: /not empty/ })
  t.deepEqual(readdirSync(root), ['letter'])
  await t.throwsAsync(restore(held, bench.root), { code: 'STORE_INVALID', message: /not empty/ })
})

test('one that breaks off leaves nothing', async (t) => {
  const bench = await openBench(t)
  await fill(bench)
  const held = await bench.backUp(heldMembers)
  for (let count = 0; count < held.length; count++) {
    const root = temporaryFolder(t)
    await t.throwsAsync(restore(held.slice(0, count), root), { code: 'BACKUP_INVALID' })
    t.deepEqual(readdirSync(root), [], `${count} members`)
  }
  const stop = new AbortController()
  async function* stopping(): AsyncGenerator<
    ReturnType<typeof readingMembers> extends AsyncGenerator<infer M> ? M : never
  > {
    for await (const member of readingMembers(held)) {
      yield member
      if (member.name.startsWith('blobs/')) stop.abort(new Error('enough'))
    }
  }
  const root = temporaryFolder(t)
  await t.throwsAsync(restoreBackup(stopping(), root, { atOnce: 1, signal: stop.signal }), { message: 'enough' })
  t.deepEqual(readdirSync(root), [])
})

test('over a restore that was killed no server starts, and the next restore is fine', async (t) => {
  const bench = await openBench(t)
  await fill(bench)
  const held = await bench.backUp(heldMembers)
  const root = temporaryFolder(t)
  await t.notThrowsAsync(refuseUnfinishedRestore(root))
  await t.notThrowsAsync(refuseUnfinishedRestore(join(root, 'nowhere')))
  mkdirSync(join(root, 'restoring-1-1-000000000000-1/registry/blobs'), { recursive: true })
  await t.throwsAsync(refuseUnfinishedRestore(root), { code: 'STORE_INVALID', message: /did not come to its end/ })
  await restore(held, root)
  t.deepEqual(readdirSync(root), ['registry'])
  await t.notThrowsAsync(refuseUnfinishedRestore(root))
})

test('two restores into one folder: the second is refused, the first goes on', async (t) => {
  const bench = await openBench(t)
  const held = await bench.backUp(heldMembers)
  const root = temporaryFolder(t)
  const other = await claimWorkFolder(root, 'restoring')
  await t.throwsAsync(restore(held, root), { code: 'SERVER_BUSY' })
  await t.throwsAsync(refuseUnfinishedRestore(root), { code: 'STORE_INVALID', message: /is being restored/ })
  t.true(existsSync(other.path))
})

test('damaged blobs: nothing is restored, or all others when that is asked for', async (t) => {
  const bench = await openBench(t)
  await fill(bench)
  const held = await bench.backUp(heldMembers)
  const blobs = held.filter(({ name }) => name.startsWith('blobs/'))
  const [flipped, missing] = [blobs[0]?.name, blobs[1]?.name]
  const damaged = held
    .filter(({ name }) => name !== missing)
    .map((member) => (member.name === flipped ? { ...member, bytes: randomBytes(member.bytes.byteLength) } : member))
  const root = temporaryFolder(t)
  await t.throwsAsync(restore(damaged, root), {
    code: 'BACKUP_INVALID',
    message: /^2 blobs of the backup are missing or damaged/,
  })
  t.deepEqual(readdirSync(root), [])
  const report = await restore(damaged, root, { skipsDamaged: true })
  t.is(report.damaged.length, 2)
  const files = filesBelow(root)
  t.false(files.has(`registry/${flipped}`))
  t.is([...files.keys()].filter((name) => name.startsWith('registry/blobs/')).length, blobs.length - 2)
})

/** A backup whose manifest names these files. */
async function withFiles(
  bench: Bench,
  files: readonly { path: string; mode?: number; text?: string }[],
): Promise<Held[]> {
  const held = await bench.backUp(heldMembers)
  const last = held.pop()
  const { manifest } = JSON.parse(String(Buffer.from(last?.bytes ?? ''))) as {
    manifest: Parameters<typeof manifestText>[0]
  }
  const named = files.map(({ path, mode = 0o600, text = 'x' }) => ({ path, mode, digest: digestOf(text) }))
  const contents = new Map(files.map(({ text = 'x' }) => [digestOf(text), Buffer.from(text)]))
  const members = [...contents].map(([digest, bytes]) => ({ name: fileName(digest), bytes }))
  return [
    ...held,
    ...members,
    { name: 'manifest.json', bytes: Buffer.from(manifestText({ ...manifest, files: named })) },
  ]
}

for (const path of [
  '../evil',
  '/etc/evil',
  'registry/../../evil',
  'registry/tls/../../../evil',
  'registry/tls/./x',
  'registry//tls/x',
  'evil',
  'images/evil',
  'registry/metadata/CURRENT',
  'registry/metadata',
  'registry/blobs',
  'registry/blobs/sha256/aa/x',
  'registry/uploads',
  'registry/admin.sock',
  'registry/tls',
  'registry/tls/a\nb',
  'registry/tls/a\u0000b',
  `registry/${'x'.repeat(300)}`,
  '',
]) {
  test(`no file is restored as ${JSON.stringify(path.slice(0, 40))}`, async (t) => {
    const held = await withFiles(await openBench(t), [{ path }])
    const above = temporaryFolder(t)
    const root = join(above, 'deep/root')
    await t.throwsAsync(restore(held, root), { code: 'BACKUP_INVALID' })
    t.deepEqual(filesBelow(above), new Map())
  })
}

test('a file twice, or as a folder, is refused; modes are those of plain files', async (t) => {
  const bench = await openBench(t)
  const twice = await withFiles(bench, [{ path: 'registry/htpasswd' }, { path: 'registry/htpasswd' }])
  await t.throwsAsync(restore(twice, temporaryFolder(t)), { code: 'BACKUP_INVALID', message: /twice/ })
  const below = await withFiles(bench, [{ path: 'registry/tls/a' }, { path: 'registry/tls/a/b' }])
  await t.throwsAsync(restore(below, temporaryFolder(t)))
  const root = temporaryFolder(t)
  await restore(await withFiles(bench, [{ path: 'registry/x', mode: 0o106777 }]), root)
  t.is(statSync(join(root, 'registry/x')).mode & 0o7022, 0)
})

test('a blob in pieces that come late is whole all the same', async (t) => {
  const bench = await openBench(t)
  const digest: Digest = await pushBlob(bench.service, app, randomBytes(3_000_000))
  const root = temporaryFolder(t)
  await restore(await bench.backUp(heldMembers), root)
  t.is(digestOf(filesBelow(root).get(`registry/blobs/sha256/${digest.slice(7, 9)}/${digest.slice(7)}`) ?? ''), digest)
})
