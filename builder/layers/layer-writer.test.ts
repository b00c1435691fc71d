import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { LayerEntry } from './entry.ts'
import { indexOf } from './layer-index.ts'
import { type LayerMember, writeLayer } from './layer-writer.ts'
import { readTar } from './tar/read.ts'
import { blankEntry } from './testing/entries.ts'
import { temporaryDir } from './testing/temporary.ts'
import { createView } from './view.ts'

function fileMember(path: string, text: string, fields: Partial<LayerEntry> = {}): LayerMember {
  const content = Buffer.from(text)
  return { entry: blankEntry(path, 'file', { size: content.length, ...fields }), content }
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

test('the tar, its diffID, and entries with digest and offset come out of one pass', async (t) => {
  const file = join(temporaryDir(t), 'l.tar')
  const members: LayerMember[] = [
    { entry: blankEntry('d', 'dir', { opaque: true }) },
    fileMember('d/a', 'hello', { digest: digestOf('hello') }),
    { entry: blankEntry('d/b', 'hardlink', { linkname: 'd/a' }) },
    { entry: blankEntry('d/c', 'file', { size: 6 }), content: pieces('abc', 'def') },
    fileMember('empty', ''),
    { entry: blankEntry('gone', 'whiteout') },
    { entry: blankEntry('half', 'whiteout', { opaque: true }) },
  ]
  const layer = await writeLayer(members, file)
  const tar = readFileSync(file)
  t.is(layer.size, tar.length)
  t.is(layer.diffID, digestOf(tar))
  const byPath = new Map([...layer.entries].map((entry) => [entry.path, entry]))
  t.is(tar.toString('latin1', byPath.get('d/c')?.dataOffset).slice(0, 6), 'abcdef')
  t.is(byPath.get('d/c')?.digest, digestOf('abcdef'))
  t.is(byPath.get('empty')?.digest, digestOf(''))
  const read: string[] = []
  for await (const m of readTar(one(tar))) read.push(m.kind === 'opaque' ? `opaque ${m.path}` : m.entry.path)
  t.deepEqual(read, ['d', 'opaque d', 'd/a', 'd/b', 'd/c', 'empty', 'gone', 'opaque half'])
})

test('large contents pass through in pieces', async (t) => {
  const file = join(temporaryDir(t), 'l.tar')
  const big = Buffer.alloc(3_000_001, 'x')
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < big.length; at += 70_001) yield big.subarray(at, at + 70_001)
  }
  const layer = await writeLayer(
    [
      { entry: blankEntry('a', 'file', { size: big.length }), content: big },
      { entry: blankEntry('b', 'file', { size: big.length }), content: chunks() },
    ],
    file,
  )
  t.is(layer.diffID, digestOf(readFileSync(file)))
  t.deepEqual(new Set([...layer.entries].map((entry) => entry.digest)), new Set([digestOf(big)]))
  const view = createView([{ diffID: layer.diffID, index: indexOf(layer.entries), bytes: { kind: 'tar', file } }])
  let length = 0
  for await (const piece of view.open('b')) length += piece.length
  t.is(length, big.length)
})

for (const [name, members, expected] of [
  ['another digest', [fileMember('a', 'now', { digest: digestOf('then') })], { code: 'CONTEXT_CHANGED' }],
  ['too short', [fileMember('a', 'now', { size: 4 })], { code: 'CONTEXT_CHANGED' }],
  ['too long', [fileMember('a', 'now', { size: 2 })], { code: 'CONTEXT_CHANGED' }],
  [
    'too long a stream',
    [{ entry: blankEntry('a', 'file', { size: 1 }), content: pieces('a', 'b') }],
    { code: 'CONTEXT_CHANGED' },
  ],
  [
    'too short a stream',
    [{ entry: blankEntry('a', 'file', { size: 3 }), content: pieces('a', 'b') }],
    { code: 'CONTEXT_CHANGED' },
  ],
  ['out of order', [fileMember('b', ''), fileMember('a', '')], { message: /out of order/ }],
  ['double', [fileMember('a', ''), fileMember('a', '')], { message: /out of order/ }],
] as const) {
  test(`nothing is left of a layer that fails: ${name}`, async (t) => {
    const file = join(temporaryDir(t), 'l.tar')
    await t.throwsAsync(writeLayer([...members], file), expected)
    t.false(existsSync(file))
  })
}

test('a digest of the other algorithm is compared with its own kind', async (t) => {
  const file = join(temporaryDir(t), 'l.tar')
  const digest = digestOf('x', 'sha512')
  const layer = await writeLayer([fileMember('a', 'x', { digest })], file, { sync: false })
  t.is([...layer.entries][0]?.digest, digest)
})
