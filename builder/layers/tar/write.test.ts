import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'ava'
import * as fc from 'fast-check'
import type { EntryType, LayerEntry } from '../entry.ts'
import { blankEntry } from '../testing/entries.ts'
import { readTar } from './read.ts'
import { anyPacked, inPieces, type Packed, pack, unpack } from './testing/archives.ts'
import { opaqueHeader, tarEnd, tarHeader, tarPadding } from './write.ts'

test('what is written is read back, whatever the pieces of the stream', async (t) => {
  const members = fc.array(anyPacked, { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(members, fc.integer({ min: 1, max: 3000 }), async (written, piece) => {
      const bytes = pack(written)
      const read = await unpack(bytes, { piece })
      t.deepEqual(
        read.map(({ entry, content }) => ({ entry: { ...entry, dataOffset: -1 }, content })),
        written,
      )
      for (const { entry, content } of read) {
        t.is(entry.dataOffset < 0, content.length === 0)
        if (content.length > 0) t.deepEqual(bytes.subarray(entry.dataOffset, entry.dataOffset + entry.size), content)
      }
    }),
    { numRuns: 300 },
  )
})

const name99 = 'n'.repeat(99)

/** An entry, and whether its header is one ustar block or has a pax header before it. */
const forms: [title: string, entry: LayerEntry, form: 'ustar' | 'pax'][] = [
  ['a name of 100 bytes', blankEntry(`${name99}x`, 'file'), 'ustar'],
  ['a name of 101 bytes', blankEntry(`${name99}xx`, 'file'), 'pax'],
  ['a directory of 99 bytes, whose slash counts', blankEntry(name99, 'dir'), 'ustar'],
  ['a directory of 100 bytes', blankEntry(`${name99}x`, 'dir'), 'pax'],
  ['a prefix of 155 and a name of 100 bytes', blankEntry(`${'p'.repeat(155)}/${name99}x`, 'file'), 'ustar'],
  ['a prefix of 156 bytes', blankEntry(`${'p'.repeat(156)}/x`, 'file'), 'pax'],
  ['a path that can be cut in the middle', blankEntry(`${'a'.repeat(60)}/${'b'.repeat(60)}/c`, 'file'), 'ustar'],
  ['a name that is not UTF-8', blankEntry('\xff\xfe', 'file'), 'ustar'],
  ['a long name that is not UTF-8', blankEntry(`${name99}\xff\xfe`, 'file'), 'pax'],
  ['the root', blankEntry('', 'dir'), 'ustar'],
  ['a link text of 100 bytes', blankEntry('l', 'symlink', { linkname: `${name99}x` }), 'ustar'],
  ['a link text of 101 bytes', blankEntry('l', 'symlink', { linkname: `${name99}xx` }), 'pax'],
  ['8 GiB less one byte', blankEntry('f', 'file', { size: 2 ** 33 - 1 }), 'ustar'],
  ['8 GiB', blankEntry('f', 'file', { size: 2 ** 33 }), 'pax'],
  ['the largest id of ustar', blankEntry('f', 'file', { uid: 2 ** 21 - 1, gid: 2 ** 21 - 1 }), 'ustar'],
  ['a larger user id', blankEntry('f', 'file', { uid: 2 ** 21 }), 'pax'],
  ['a larger group id', blankEntry('f', 'file', { gid: 2 ** 53 - 1 }), 'pax'],
  ['a time of whole seconds', blankEntry('f', 'file', { mtime: 1_700_000_000_000_000_000n }), 'ustar'],
  ['a time with a fraction', blankEntry('f', 'file', { mtime: 1_700_000_000_000_000_001n }), 'pax'],
  ['a time before 1970', blankEntry('f', 'file', { mtime: -1_000_000_000n }), 'pax'],
  ['the last second of ustar', blankEntry('f', 'file', { mtime: 8_589_934_591_000_000_000n }), 'ustar'],
  ['a second after it', blankEntry('f', 'file', { mtime: 8_589_934_592_000_000_000n }), 'pax'],
  [
    'an extended attribute',
    blankEntry('f', 'file', { xattrs: new Map([['user.x', Buffer.from([0, 10, 61])]]) }),
    'pax',
  ],
]

for (const [title, entry, form] of forms) {
  test(`${title}: ${form}`, async (t) => {
    const header = tarHeader(entry)
    t.is(header.length === 512 ? 'ustar' : 'pax', form)
    const { value } = await readTar(inPieces(header)).next()
    const dataOffset = entry.size > 0 ? header.length : -1
    t.deepEqual(value?.kind === 'entry' && value.entry, { ...entry, dataOffset })
  })
}

test('whiteouts and opaque marks are files with reserved names', async (t) => {
  const directory = blankEntry('d/e', 'dir', { uid: 7, gid: 8, mtime: 9_000_000_000n })
  const bytes = Buffer.concat([tarHeader(blankEntry('d/gone', 'whiteout')), opaqueHeader(directory), tarEnd])
  const plain = await unpack(bytes, { whiteouts: false })
  t.deepEqual(
    plain.map(({ entry }) => [entry.path, entry.type, entry.size]),
    [
      ['d/.wh.gone', 'file', 0],
      ['d/e/.wh..wh..opq', 'file', 0],
    ],
  )
  const kinds: unknown[] = []
  for await (const member of readTar(inPieces(bytes))) kinds.push(member.kind === 'entry' ? member.entry.path : member)
  t.deepEqual(kinds, ['d/gone', { kind: 'opaque', path: 'd/e' }])
})

for (const [path, type] of [
  ['.wh.a', 'file'],
  ['a/.wh.b', 'dir'],
  ['a/.wh..wh..opq', 'file'],
  ['.wh.a/b', 'symlink'],
  ['a/.wh.b', 'whiteout'],
] satisfies [string, EntryType][]) {
  test(`${type} ${path} cannot be in a layer`, (t) => {
    t.throws(() => tarHeader(blankEntry(path, type)), { code: 'LAYER_INVALID', message: /\.wh\./ })
  })
}

test('names with .wh. elsewhere are ordinary', async (t) => {
  const written: Packed = { entry: blankEntry('a.wh.b/c.wh.', 'file'), content: Buffer.alloc(0) }
  t.deepEqual(await unpack(pack([written])), [written])
})

test('padding fills the last block', (t) => {
  for (const [size, padding] of [
    [0, 0],
    [1, 511],
    [511, 1],
    [512, 0],
    [513, 511],
    [2 ** 40 + 1, 511],
  ] as const) {
    t.deepEqual(tarPadding(size), Buffer.alloc(padding))
  }
  t.deepEqual(tarEnd, Buffer.alloc(1024))
})

test('the canonical form never changes', (t) => {
  const xattrs = new Map([
    ['security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex')],
    ['user.b=c%', Buffer.from([0, 255, 10])],
  ])
  const content = Buffer.from('content\n')
  const fields = { mode: 0o4755, uid: 2 ** 32 - 2, gid: 2 ** 21, mtime: -1_500_000_001n, size: content.length }
  const entries = [
    ...forms.map(([, entry]) => entry).filter(({ size }) => size === 0),
    blankEntry('every record'.repeat(20), 'file', { ...fields, xattrs }),
  ]
  const types = (['hardlink', 'char', 'block', 'fifo', 'whiteout'] as const).map((type) =>
    blankEntry(type, type, {
      ...fields,
      size: 0,
      linkname: type === 'hardlink' ? 'x' : '',
      devMajor: 259,
      devMinor: 70_000,
    }),
  )
  const members = [...entries, ...types].map((entry) => ({
    entry,
    content: entry.size === 0 ? Buffer.alloc(0) : content,
  }))
  const bytes = Buffer.concat([pack(members).subarray(0, -1024), opaqueHeader(blankEntry('o', 'dir', fields)), tarEnd])
  const golden = readFileSync(new URL('../../../testdata/tar/canonical.sha256', import.meta.url), 'utf8').trim()
  t.is(createHash('sha256').update(bytes).digest('hex'), golden)
})
