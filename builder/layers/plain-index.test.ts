import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { importLayer } from './import-layer.ts'
import { encodeLayerIndex, openLayerIndex } from './layer-index.ts'
import { writeLayer } from './layer-writer.ts'
import { checkPlainIndex, makePlainIndex } from './plain-index.ts'
import { blankEntry } from './testing/entries.ts'
import { once } from './testing/stream.ts'
import { temporaryDir } from './testing/temporary.ts'

const text = Buffer.from('content')
const file = (path: string, fields: Partial<LayerEntry> = {}): LayerEntry =>
  blankEntry(path, 'file', { size: text.length, digest: digestOf(text), ...fields })

const records: readonly LayerEntry[] = [
  blankEntry('a', 'dir', { opaque: true, mode: 0o1777 }),
  file('a/b', { mtime: -5n, xattrs: new Map([['user.x', Buffer.from([0, 255])]]) }),
  blankEntry('a/c', 'hardlink', { linkname: 'a/b' }),
  blankEntry('dev', 'char', { devMajor: 1, devMinor: 3 }),
  blankEntry('gone', 'whiteout'),
  blankEntry('l\xff', 'symlink', { linkname: '/a' }),
]

/** As an index from elsewhere has to be. */
const link = (path: string, linkname: string): LayerEntry => blankEntry(path, 'hardlink', { linkname, mode: 0 })

async function check(t: ExecutionContext, bytes: Uint8Array): Promise<void> {
  const dir = temporaryDir(t)
  const name = join(dir, 'index')
  writeFileSync(name, bytes)
  await checkPlainIndex(name, { digest: digestOf(bytes), scratch: join(dir, 'scratch') })
}

test('who wrote a layer and who imports it make the same plain index', async (t) => {
  const dir = temporaryDir(t)
  const members = records.map((entry) => (entry.type === 'file' ? { entry, content: text } : { entry }))
  const written = await writeLayer(members, join(dir, 'tar'), { sync: false })
  const imported = await importLayer(once(readFileSync(join(dir, 'tar'))), join(dir, 'again'), { sync: false })
  const [mine, theirs, told] = await Promise.all(
    [written.entries, imported.entries, records].map(async (each, i) =>
      makePlainIndex(each, { file: join(dir, `plain-${i}`) }),
    ),
  )
  t.is(mine?.digest, theirs?.digest)
  t.is(mine?.digest, told?.digest)
  t.not(mine?.digest, digestOf(mine?.encoded instanceof Uint8Array ? Buffer.concat([mine.encoded, text]) : ''))
  t.true(
    [...imported.entries].some(({ dataOffset }) => dataOffset > 0),
    'an index of a tar has places',
  )
  if (theirs !== undefined && !('file' in theirs.encoded)) await t.notThrowsAsync(check(t, theirs.encoded))
})

test('what an import keeps nothing of gives the same records and the wanted contents', async (t) => {
  const dir = temporaryDir(t)
  const { diffID, size } = await writeLayer([{ entry: file('etc/passwd'), content: text }], join(dir, 'tar'))
  const tar = readFileSync(join(dir, 'tar'))
  const wanted = ({ path }: LayerEntry): boolean => path === 'etc/passwd'
  const read = await importLayer(once(tar), join(dir, 'none'), { keep: false, wanted })
  t.like(read, { diffID, size })
  t.deepEqual(read.contents, new Map([['etc/passwd', text]]))
  t.throws(() => readFileSync(join(dir, 'none')), { code: 'ENOENT' })
})

const hostile: Readonly<Record<string, readonly LayerEntry[]>> = {
  'a place in a tar': [file('a', { dataOffset: 512 })],
  'no digest': [file('a', { digest: undefined })],
  'a very large file': [file('a', { size: 2 ** 50 })],
  'a long path': [file('x/'.repeat(2100) + 'x')],
  'a long name': [file('x'.repeat(256))],
  'a long link': [blankEntry('a', 'symlink', { linkname: 'x'.repeat(5000) })],
  'an owner beyond all ids': [file('a', { uid: 2 ** 40 })],
  'a root that is a file': [file('')],
  'a link out of the root': [link('a', '../etc/shadow')],
  'a link to an absolute path': [link('a', '/etc/shadow')],
}
for (const [what, entries] of Object.entries(hostile)) {
  test(`refused: ${what}`, async (t) => {
    await t.throwsAsync(check(t, encodeLayerIndex(entries)), { code: 'INDEX_INVALID' })
  })
}

for (const path of ['../x', '/x', 'a//b', 'a/./b', 'a/', '.', 'a\0b']) {
  test(`refused: the path ${JSON.stringify(path)}`, async (t) => {
    await t.throwsAsync(check(t, encodeLayerIndex([file(path)])), { code: 'INDEX_INVALID' })
  })
}

test('an index that tells the same in other bytes is refused', async (t) => {
  const dir = temporaryDir(t)
  const good = encodeLayerIndex([file('a')])
  const name = join(dir, 'index')
  writeFileSync(name, good)
  await t.throwsAsync(checkPlainIndex(name, { digest: digestOf('other'), scratch: join(dir, 's') }), {
    code: 'INDEX_INVALID',
  })
  t.is([...openLayerIndex(name).entries()].length, 1)
  await t.throwsAsync(check(t, encodeLayerIndex([...records])), { code: 'INDEX_INVALID' }, 'a hardlink with a mode')
})

test('whatever bytes come are an index or refused', async (t) => {
  const { encoded } = await makePlainIndex(records, { file: join(temporaryDir(t), 'plain') })
  const good = Buffer.from(encoded instanceof Uint8Array ? encoded : '')
  await check(t, good)
  const damage = fc.record({
    at: fc.nat(good.length - 1),
    byte: fc.nat(255),
    cut: fc.option(fc.nat(good.length)),
    more: fc.uint8Array({ maxLength: 8 }),
  })
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, byte, cut, more }) => {
      const bytes = Buffer.concat([good.subarray(0, cut ?? good.length), more])
      if (at < bytes.length) bytes[at] = byte
      const same = bytes.equals(good)
      const error = await check(t, bytes).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      if (same) return t.is(error, undefined)
      return t.true(error instanceof IbuildError && error.code === 'INDEX_INVALID', String(error))
    }),
    { numRuns: 150 },
  )
})
