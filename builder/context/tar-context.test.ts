import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from '../layers/entry.ts'
import { tarEnd, tarHeader, tarPadding } from '../layers/tar/write.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import { findDockerfileInTree } from './dockerfile-file.ts'
import { openTarContext } from './tar-context.ts'

type Member = LayerEntry | readonly [LayerEntry, string]

function file(path: string, content: string, fields: Partial<LayerEntry> = {}): Member {
  return [blankEntry(path, 'file', { size: Buffer.byteLength(content), ...fields }), content]
}

function tar(...members: readonly Member[]): Buffer {
  const parts = members.flatMap((member) => {
    const [entry, content] = Array.isArray(member)
      ? (member as readonly [LayerEntry, string])
      : [member as LayerEntry, '']
    return [tarHeader(entry), Buffer.from(content), tarPadding(entry.size)]
  })
  return Buffer.concat([...parts, tarEnd])
}

async function* pieces(bytes: Buffer, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(source: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const piece of source) all.push(piece)
  return Buffer.concat(all).toString()
}

const big = 'big '.repeat(400_000)

for (const [name, pack] of [
  ['plain', (bytes: Buffer) => bytes],
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(`a ${name} archive is a context`, async (t) => {
    const temporary = join(temporaryDir(t), 'spool')
    const archive = tar(
      blankEntry('dir', 'dir', { mode: 0o750, uid: 5, gid: 6, mtime: 3_000_000_000n }),
      file('dir/big', big, { mode: 0o4755, uid: 7, mtime: 4_000_000_000n }),
      blankEntry('plain', 'whiteout'),
      blankEntry('dir/link', 'symlink', { linkname: '/abs' }),
      blankEntry('dir/twin', 'hardlink', { linkname: 'dir/big' }),
      file('deep/er/f', ''),
    )
    const tree = await openTarContext(pieces(pack(archive)), { temporary })
    t.deepEqual(tree.list(''), ['.wh.plain', 'deep', 'dir'])
    t.deepEqual(tree.list('dir'), ['big', 'link', 'twin'])
    t.like(tree.lstat('dir'), { type: 'dir', mode: 0o750, uid: 0, gid: 0, mtime: 3_000_000_000n })
    t.like(tree.lstat('dir/big'), { type: 'file', mode: 0o4755, uid: 0, size: big.length, digest: digestOf(big) })
    t.like(tree.lstat('dir/twin'), { type: 'file', size: big.length, digest: digestOf(big) })
    t.is(tree.linkGroup('dir/twin'), tree.linkGroup('dir/big'))
    t.truthy(tree.linkGroup('dir/twin'))
    t.is(await read(tree.open('dir/twin')), big)
    t.is(await read(tree.open('dir/big')), big)
    t.like(tree.lstat('.wh.plain'), { type: 'file', size: 0 }, 'not a mark')
    t.is(await read(tree.open('deep/er/f')), '')
    t.is(readdirSync(temporary).length, 1)
    tree.close()
    t.deepEqual(readdirSync(temporary), [])
  })
}

test('later members replace earlier ones', async (t) => {
  const archive = tar(
    file('a', '1'),
    file('d/x', 'x'),
    file('a', '22'),
    file('d', 'now a file'),
    blankEntry('a', 'dir'),
    file('a/b', 'b'),
  )
  const tree = await openTarContext(pieces(archive), { temporary: temporaryDir(t) })
  t.deepEqual(tree.list(''), ['a', 'd'])
  t.is(tree.lstat('d')?.type, 'file')
  t.is(tree.lstat('d/x'), undefined)
  t.deepEqual(tree.list('a'), ['b'])
  tree.close()
})

const refused: readonly [string, Buffer, ErrorCode][] = [
  ['below a link', tar(blankEntry('l', 'symlink', { linkname: '/tmp' }), file('l/f', 'x')), 'ARCHIVE_UNSAFE'],
  ['below a file', tar(file('f', 'x'), file('f/g', 'x')), 'ARCHIVE_UNSAFE'],
  ['outside', tar(file('../f', 'x')), 'ARCHIVE_UNSAFE'],
  ['a link to what it has not', tar(blankEntry('h', 'hardlink', { linkname: 'missing' })), 'ARCHIVE_UNSAFE'],
  [
    'a link to a directory',
    tar(blankEntry('d', 'dir'), blankEntry('h', 'hardlink', { linkname: 'd' })),
    'ARCHIVE_UNSAFE',
  ],
  ['nothing', tarEnd, 'CONTEXT_INVALID'],
  ['noise', Buffer.alloc(2048, 65), 'ARCHIVE_INVALID'],
  ['a cut archive', tar(file('f', 'x'.repeat(5000))).subarray(0, 3000), 'ARCHIVE_INVALID'],
  ['a cut gzip', gzipSync(tar(file('f', big))).subarray(0, 500), 'ARCHIVE_INVALID'],
]

for (const [what, bytes, code] of refused) {
  test(`an archive with ${what} is refused and leaves nothing`, async (t) => {
    const temporary = join(temporaryDir(t), 'spool')
    const error = await t.throwsAsync(openTarContext(pieces(bytes), { temporary }), { instanceOf: IbuildError })
    t.is(error?.code, code)
    t.true(!existsSync(temporary) || readdirSync(temporary).length === 0)
  })
}

test('the Dockerfile of an archive is found by its name or by -f', async (t) => {
  const archive = tar(
    file('Dockerfile', 'FROM a'),
    file('sub/other', 'FROM b'),
    blankEntry('link', 'symlink', { linkname: 'sub/other' }),
  )
  const tree = await openTarContext(pieces(archive), { temporary: temporaryDir(t) })
  const text = async (name?: string): Promise<string> =>
    Buffer.from((await findDockerfileInTree(tree, name)).bytes).toString()
  t.is(await text(), 'FROM a')
  t.is(await text('sub/other'), 'FROM b')
  t.is(await text('./sub/../link'), 'FROM b')
  await t.throwsAsync(text('missing'), {
    instanceOf: IbuildError,
    code: 'CONTEXT_INVALID',
    message: /no missing in the archive/,
  })
  tree.close()
})
