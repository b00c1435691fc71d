import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { EntryType, LayerEntry } from './entry.ts'
import { type ImportedLayer, importLayer } from './import-layer.ts'
import { indexOf } from './layer-index.ts'
import { tarEnd, tarHeader, tarPadding } from './tar/write.ts'
import { blankEntry } from './testing/entries.ts'
import { collect, once } from './testing/stream.ts'
import { temporaryDir } from './testing/temporary.ts'
import { createView } from './view.ts'

/** `type path`, `type path -> linkname` or `file path = content`. */
type Line = string

function entryOf(line: Line): LayerEntry {
  const [, type = '', path = '', linkname, content] = /^(\w+) (\S+)(?: -> (\S+))?(?: = (.*))?$/.exec(line) ?? []
  return blankEntry(path, type as EntryType, { linkname: linkname ?? '', size: (content ?? '').length })
}

function tarOf(lines: readonly Line[]): Buffer {
  const parts = lines.flatMap((line) => {
    const entry = entryOf(line)
    return [tarHeader(entry), Buffer.from(line.split(' = ')[1] ?? ''), tarPadding(entry.size)]
  })
  return Buffer.concat([...parts, tarEnd])
}

function shown(layer: ImportedLayer): string[] {
  return [...layer.entries].map((e) => {
    const link = e.linkname === '' ? '' : ` -> ${e.linkname}`
    return `${e.opaque ? 'opaque ' : ''}${e.type} ${e.path}${link}${e.size === 0 ? '' : ` (${e.size})`}`
  })
}

function importTar(t: ExecutionContext, bytes: Uint8Array): Promise<ImportedLayer> {
  return importLayer(once(bytes), join(temporaryDir(t), 'l.tar'), { sync: false })
}

for (const [name, lines, expected] of [
  ['any order is sorted', ['file b', 'dir a', 'file a/x'], ['dir a', 'file a/x', 'file b']],
  ['the last of two stays', ['file a = 1', 'file a = 22'], ['file a (2)']],
  ['a directory twice keeps its content', ['dir d', 'file d/x', 'dir d'], ['dir d', 'file d/x']],
  ['a file replaces a directory and all in it', ['dir d', 'file d/x', 'file d'], ['file d']],
  ['a directory replaces a file', ['file d', 'dir d', 'file d/x'], ['dir d', 'file d/x']],
  ['the content stands at the first name', ['file z = zz', 'hardlink a -> z'], ['file a (2)', 'hardlink z -> a']],
  [
    'a link of a link',
    ['file b', 'hardlink c -> b', 'hardlink a -> c'],
    ['file a', 'hardlink b -> a', 'hardlink c -> a'],
  ],
  [
    'links keep what a later member replaces',
    ['file a = old', 'hardlink b -> a', 'file a = n'],
    ['file a (1)', 'file b (3)'],
  ],
  ['links keep what goes with a directory', ['file d/x = 1', 'hardlink b -> d/x', 'file d'], ['file b (1)', 'file d']],
  ['a link to itself says nothing', ['hardlink a -> a', 'file b'], ['file b']],
  ['a link to below', ['hardlink a -> z'], ['hardlink a -> z']],
  ['a whiteout after its new entry', ['file a', 'whiteout a'], ['whiteout a', 'file a']],
  [
    'an opaque mark before, after, without its directory',
    ['file d/.wh..wh..opq', 'dir d', 'dir e', 'file e/.wh..wh..opq', 'file f/.wh..wh..opq'],
    ['opaque dir d', 'opaque dir e', 'opaque whiteout f'],
  ],
] as const) {
  test(`members become records: ${name}`, async (t) => {
    const layer = await importTar(t, rawTar(lines))
    t.deepEqual(shown(layer), [...expected])
    t.notThrows(() => indexOf(layer.entries))
  })
}

/** As {@link tarOf}, with names that mean something in a layer written as they are. */
function rawTar(lines: readonly Line[]): Buffer {
  const plain = lines.map((line) => line.replace('.wh..wh..opq', 'XwhXXwhXXopq'))
  const tar = Buffer.from(tarOf(plain).toString('latin1').replaceAll('XwhXXwhXXopq', '.wh..wh..opq'), 'latin1')
  for (let at = 0; at + 512 <= tar.length; at += 512) fixChecksum(tar.subarray(at, at + 512))
  return tar
}

function fixChecksum(block: Buffer): void {
  if (block.toString('latin1', 257, 262) !== 'ustar') return
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

for (const [name, lines, code] of [
  ['a file behind a symlink of the layer', ['symlink l -> /etc', 'file l/x'], 'ARCHIVE_UNSAFE'],
  ['a whiteout behind one', ['symlink l -> /etc', 'whiteout l/x'], 'ARCHIVE_UNSAFE'],
  ['an opaque mark behind one', ['symlink l -> /etc', 'file l/.wh..wh..opq'], 'ARCHIVE_UNSAFE'],
  ['a hardlink that reaches through one', ['symlink l -> /etc', 'hardlink h -> l/passwd'], 'ARCHIVE_UNSAFE'],
  ['a file inside a file', ['file f', 'file f/x'], 'ARCHIVE_INVALID'],
  ['a file inside a device', ['char f', 'file f/x'], 'ARCHIVE_INVALID'],
  ['a hardlink to a directory', ['dir d', 'hardlink h -> d'], 'ARCHIVE_INVALID'],
  ['a hardlink before its target', ['hardlink a -> b', 'file b'], 'ARCHIVE_INVALID'],
] as const) {
  test(`refused, and no file stays: ${name}`, async (t) => {
    const file = join(temporaryDir(t), 'l.tar')
    await t.throwsAsync(importLayer(once(rawTar(lines)), file), { code })
    t.false(existsSync(file))
  })
}

test('a layer that replaces its own directories without end is refused', async (t) => {
  const lines = Array.from({ length: 1100 }, () => ['dir d', 'file d/x', 'file d']).flat()
  await t.throwsAsync(importTar(t, tarOf(lines)), { code: 'ARCHIVE_UNSAFE' })
})

for (const [compression, compress] of [
  ['none', (bytes: Buffer) => bytes],
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
] as const) {
  test(`the exact tar is kept, and both digests: ${compression}`, async (t) => {
    const tar = Buffer.concat([tarOf(['file a = hello', 'file b = there']), Buffer.alloc(5000)])
    const packed = compress(tar)
    const file = join(temporaryDir(t), 'l.tar')
    const layer = await importLayer(once(packed), file)
    t.deepEqual(readFileSync(file), tar)
    t.is(layer.diffID, digestOf(tar))
    t.is(layer.size, tar.length)
    t.deepEqual(layer.source, { digest: digestOf(packed), size: packed.length, compression })
    const view = createView([{ diffID: layer.diffID, index: indexOf(layer.entries), bytes: { kind: 'tar', file } }])
    t.is((await collect(view.open('b'))).toString(), 'there')
  })
}

test('content that was changed on disk is refused when read', async (t) => {
  const file = join(temporaryDir(t), 'l.tar')
  const big = 'x'.repeat(400_000)
  const layer = await importLayer(once(tarOf(['file a = hello', `file b = ${big}`])), file)
  const bytes = readFileSync(file)
  for (const at of [512, bytes.length - 2048]) bytes[at] = 0x21
  writeFileSync(file, bytes)
  const view = createView([{ diffID: layer.diffID, index: indexOf(layer.entries), bytes: { kind: 'tar', file } }])
  await t.throwsAsync(collect(view.open('a')), { code: 'DIGEST_MISMATCH' })
  await t.throwsAsync(collect(view.open('b')), { code: 'DIGEST_MISMATCH' })
  writeFileSync(file, bytes.subarray(0, 600))
  await t.throwsAsync(collect(view.open('b')), { code: 'DIGEST_MISMATCH' })
})

test('an abort after the last byte of the source stops the work, and nothing is left', async (t) => {
  const folder = temporaryDir(t)
  const stop = new AbortController()
  const bytes = tarOf(['file a = 1', 'file b'])
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes
    stop.abort(new Error('enough'))
  }
  await t.throwsAsync(importLayer(source(), join(folder, 'l.tar'), { signal: stop.signal }), { message: 'enough' })
  t.deepEqual(readdirSync(folder), [])
})
