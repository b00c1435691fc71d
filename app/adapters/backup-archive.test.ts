import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { pack } from 'tar-stream'
import { noTarget, type ReadReport, readBackup } from '../../registry/backup/read-backup.ts'
import { heldMembers, openBench, writeRootFiles } from '../../registry/backup/testing/bench.ts'
import { imageOf, named, pushArtifact, pushBlob } from '../../registry/service/testing/images.ts'
import { archiveMembers, backupArchive } from './backup-archive.ts'

const app = named('team/app')

async function sample(t: ExecutionContext, isCompressed = false): Promise<Buffer> {
  const bench = await openBench(t)
  writeRootFiles(bench.root)
  await pushArtifact(bench.service, app, imageOf('one'), ['1'])
  await pushBlob(bench.service, app, Buffer.from('a blob of another algorithm'), 'sha512')
  return bench.backUp(async (backup) => {
    let isTold = false
    const onManifest = (): void => void (isTold = true)
    const bytes = await buffer(Readable.from(backupArchive(backup, { isCompressed, time: 1_700_000_000, onManifest })))
    t.true(isTold)
    return bytes
  })
}

async function* pieces(bytes: Buffer, size = 5000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (bytes: Buffer): Promise<ReadReport> => readBackup(archiveMembers(pieces(bytes)), noTarget, { atOnce: 1 })

for (const isCompressed of [false, true]) {
  const how = isCompressed ? 'compressed' : 'plain'
  test(`an archive is read as it was made, ${how}`, async (t) => {
    const report = await read(await sample(t, isCompressed))
    t.deepEqual([report.missing, report.damaged, report.blobs.count], [[], [], 4])
    t.is(report.manifest.files.length, 5)
  })

  test(`an archive that is cut short anywhere is refused, ${how}`, async (t) => {
    const bytes = await sample(t, isCompressed)
    // The blocks of zeros at the end of a tar may be missing.
    const end = isCompressed ? bytes.length - 1 : bytes.length - 1024 - 512
    for (let at = 0; at < end; at += Math.max(1, Math.floor(bytes.length / 97)))
      await t.throwsAsync(read(bytes.subarray(0, at)), { code: 'BACKUP_INVALID' }, `${at} bytes`)
  })

  test(`a bit that is another one is found, or says nothing, ${how}`, async (t) => {
    const bytes = await sample(t, isCompressed)
    const { manifest, blobs } = await read(bytes)
    let found = 0
    for (let at = 3; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 211))) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      try {
        const report = await read(flipped)
        t.deepEqual([report.manifest, report.blobs], [manifest, blobs], `byte ${at}`)
      } catch (error) {
        t.is((error as { code?: string }).code, 'BACKUP_INVALID', `byte ${at}: ${String(error)}`)
        found++
      }
    }
    t.true(found > 50, `${found} found`)
  })
}

test('the same registry gives the same bytes', async (t) => {
  const bench = await openBench(t)
  await pushArtifact(bench.service, app, imageOf('one'), ['1'])
  const make = (): Promise<Buffer> =>
    bench.backUp((backup) =>
      buffer(Readable.from(backupArchive(backup, { isCompressed: false, time: 1, onManifest: () => undefined }))),
    )
  t.deepEqual(await make(), await make())
})

test('what other programs made of the members is read as well', async (t) => {
  const bench = await openBench(t)
  await pushArtifact(bench.service, app, imageOf('one'), ['1'])
  const tar = pack()
  for (const { name, bytes } of await bench.backUp(heldMembers)) tar.entry({ name: `./${name}` }, Buffer.from(bytes))
  tar.finalize()
  t.is((await read(await buffer(tar))).blobs.count, 3)
})

for (const [title, entry] of [
  ['a symlink', { name: 'manifest.json', type: 'symlink', linkname: '/etc/passwd' }],
  ['a hard link', { name: 'manifest.json', type: 'link', linkname: 'ibuild-backup.json' }],
  ['a device', { name: 'manifest.json', type: 'character-device' }],
  ['a fifo', { name: 'manifest.json', type: 'fifo' }],
  ['a name that leads out', { name: '../../manifest.json', type: 'file' }],
  ['a name that has a symlink', { name: 'blobs', type: 'symlink', linkname: '/tmp' }],
] as const) {
  test(`refused in an archive: ${title}`, async (t) => {
    const tar = pack()
    tar.entry({ name: 'ibuild-backup.json' }, '{"format":1}')
    tar.entry(entry, '')
    tar.finalize()
    await t.throwsAsync(read(await buffer(tar)), { code: 'BACKUP_INVALID' })
  })
}

test('a header that promises more than there is, or than anybody has, is refused', async (t) => {
  for (const size of [10_000, 2 ** 50]) {
    const tar = pack()
    tar.entry({ name: 'ibuild-backup.json' }, '{"format":1}')
    tar.entry({ name: `blobs/sha256/aa/${'a'.repeat(64)}`, size })
    const bytes = tar.read() as Buffer | null
    tar.destroy()
    await t.throwsAsync(read(bytes ?? Buffer.alloc(0)), { code: 'BACKUP_INVALID' }, String(size))
  }
})

test('whoever stops reading stops the backup', async (t) => {
  const bench = await openBench(t)
  await pushBlob(bench.service, app, Buffer.alloc(5_000_000, 'x'))
  await bench.backUp(async (backup) => {
    const stop = new AbortController()
    const options = { isCompressed: false, time: 1, signal: stop.signal, onManifest: () => t.fail() }
    const stream = Readable.from(backupArchive(backup, options))
    stream.once('data', () => stop.abort(new Error('enough')))
    const [error] = (await once(stream, 'error')) as [Error]
    t.is(error.message, 'enough')
  })
})
