import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as setTimeoutPromise } from 'node:timers/promises'
import test from 'ava'
import { needs } from '../../e2e/testing/needs.ts'
import { runOk } from '../../e2e/testing/run.ts'
import { collect, inPieces, pack } from '../layers/tar/testing/archives.ts'
import { archiveOf, rawMember } from '../layers/tar/testing/raw.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { type ArchiveMember, readArchive, writeArchive } from './archive.ts'

const none = new Uint8Array(0)
const longName = `blobs/${'n'.repeat(90)}/${'m'.repeat(90)}`

function members(): ArchiveMember[] {
  return [
    { name: 'blobs/', type: 'directory', size: 0, content: none },
    { name: 'blobs/streamed', size: 300_000, content: inPieces(Buffer.alloc(300_000, 'streamed '), 70_001) },
    { name: 'blobs/empty', size: 0, content: inPieces(none) },
    { name: longName, size: 4, content: Buffer.from('long') },
    { name: 'link', type: 'symlink', linkname: 'blobs/streamed', size: 0, content: none },
    { name: 'run', mode: 0o755, size: 3, content: Buffer.from('run') },
  ]
}

async function* stream(list: readonly ArchiveMember[]): AsyncGenerator<ArchiveMember, void, undefined> {
  yield* list
}

async function written(list: readonly ArchiveMember[]): Promise<Buffer> {
  return Buffer.concat(await collect(writeArchive(stream(list))))
}

test('what is written is read back', async (t) => {
  const found: unknown[] = []
  for await (const { content, ...member } of readArchive(inPieces(await written(members()), 10_000))) {
    const bytes = content instanceof Uint8Array ? content : Buffer.concat(await collect(content))
    found.push({ ...member, bytes: bytes.length })
  }
  t.deepEqual(found, [
    { name: 'blobs', size: 0, mode: 0o755, type: 'directory', bytes: 0 },
    { name: 'blobs/streamed', size: 300_000, mode: 0o644, type: 'file', bytes: 300_000 },
    { name: 'blobs/empty', size: 0, mode: 0o644, type: 'file', bytes: 0 },
    { name: longName, size: 4, mode: 0o644, type: 'file', bytes: 4 },
    { name: 'link', size: 0, mode: 0o644, type: 'symlink', linkname: 'blobs/streamed', bytes: 0 },
    { name: 'run', size: 3, mode: 0o755, type: 'file', bytes: 3 },
  ])
})

test('the same members give the same bytes', async (t) => {
  const first = await written(members())
  t.true(first.equals(await written(members())))
  const golden = readFileSync(new URL('../../testdata/tar/archive.sha256', import.meta.url), 'utf8').trim()
  t.is(createHash('sha256').update(first).digest('hex'), golden)
})

needs(test, 'tar')('GNU tar extracts it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'ibuild-archive-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const { stderr } = await runOk('tar', ['-xp', '-C', dir], { input: await written(members()) })
  t.is(stderr, '')
  t.deepEqual(readdirSync(dir).sort(), ['blobs', 'link', 'run'])
  t.is(readlinkSync(join(dir, 'link')), 'blobs/streamed')
  t.is(statSync(join(dir, 'link')).size, 300_000)
  t.is(statSync(join(dir, 'run')).mode & 0o777, 0o755)
  t.is(statSync(join(dir, 'run')).mtimeMs, 0)
  t.is(readFileSync(join(dir, longName), 'utf8'), 'long')
})

test('content of another size than announced is ARCHIVE_INVALID', async (t) => {
  for (const size of [0, 299_999, 300_001]) {
    const list = [{ name: 'a', size, content: inPieces(Buffer.alloc(300_000)) }]
    await t.throwsAsync(written(list), { code: 'ARCHIVE_INVALID', message: /content of a/ })
  }
})

/** Content that fails or goes on, and tells when it is closed. */
async function* content(log: { closed: boolean }, pieces: number): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let i = 0; i < pieces; i++) yield Buffer.alloc(100_000)
    throw new Error('the disk is gone')
  } finally {
    log.closed = true
  }
}

test('errors of a content pass, and it is closed', async (t) => {
  const log = { closed: false }
  await t.throwsAsync(written([{ name: 'a', size: 1e9, content: content(log, 20) }]), { message: 'the disk is gone' })
  t.true(log.closed)
})

async function* failing(): AsyncGenerator<ArchiveMember, void, undefined> {
  yield { name: 'a', size: 1, content: Buffer.from('a') }
  throw new Error('no more members')
}

test('errors of the list of members pass', async (t) => {
  await t.throwsAsync(collect(writeArchive(failing())), { message: 'no more members' })
})

test('stopping early closes what is read', async (t) => {
  const log = { closed: false }
  let taken = 0
  for await (const piece of writeArchive(stream([{ name: 'a', size: 1e9, content: content(log, 1e4) }]))) {
    taken += piece.length
    if (taken > 1_000_000) break
  }
  t.true(log.closed)
})

/** Content that stays away until it is asked for a second time from outside. */
async function* lateContent(late: Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.alloc(1000)
  await late
  yield Buffer.alloc(100_000)
  yield Buffer.alloc(100_000)
}

test('stopping while the content is being waited for comes to an end', async (t) => {
  const { promise: late, resolve: arrive } = Promise.withResolvers<void>()
  const archive = writeArchive(stream([{ name: 'a', size: 1e6, content: lateContent(late) }]))
  await archive.next()
  const stopped = archive.return()
  setTimeout(arrive, 20)
  const outcome = await Promise.race([stopped, setTimeoutPromise(2000, 'still waiting')])
  t.deepEqual(outcome, { done: true, value: undefined })
})

test('only as much is read as is taken', async (t) => {
  let made = 0
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for (; made < 1000; made++) yield Buffer.alloc(100_000)
  }
  let taken = 0
  for await (const piece of writeArchive(stream([{ name: 'a', size: 1e8, content: counted() }]))) {
    taken += piece.length
    t.true(made * 100_000 - taken < 2_000_000)
  }
})

test('a hardlink is read as a symlink to the same file', async (t) => {
  const entries = [
    { entry: blankEntry('blobs/sha256/a', 'file', { size: 1 }), content: Buffer.from('a') },
    { entry: blankEntry('layers/b', 'hardlink', { linkname: 'blobs/sha256/a' }), content: Buffer.alloc(0) },
  ]
  const found = await collect(readArchive(inPieces(pack(entries))))
  t.like(found[1], { name: 'layers/b', type: 'symlink', linkname: '../blobs/sha256/a' })
})

test('names are UTF-8, .wh. is ordinary, the root is left out', async (t) => {
  const names = ['./', './é', '/.wh.x', 'a/../b']
  const archive = archiveOf(...names.map((name) => rawMember({ name: Buffer.from(name).toString('latin1') })))
  t.deepEqual(
    (await collect(readArchive(inPieces(archive)))).map(({ name }) => name),
    ['é', '.wh.x', 'b'],
  )
})

for (const [title, code, archive] of [
  ['a device', 'ARCHIVE_INVALID', rawMember({ type: '3' })],
  ['a fifo', 'ARCHIVE_INVALID', rawMember({ type: '6' })],
  ['a name that leads out', 'ARCHIVE_UNSAFE', rawMember({ name: '../x' })],
  ['something else', 'ARCHIVE_INVALID', Buffer.alloc(600, 'x')],
] as const) {
  test(`refuses ${title}: ${code}`, async (t) => {
    await t.throwsAsync(collect(readArchive(inPieces(archive))), { code })
  })
}
