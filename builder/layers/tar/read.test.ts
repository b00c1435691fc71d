import test from 'ava'
import type { LayerEntry } from '../entry.ts'
import { readTar } from './read.ts'
import { collect, inPieces, unpack } from './testing/archives.ts'
import { archiveOf, base256, negative256, rawMember, rawPax } from './testing/raw.ts'

/** Archives of one member, and what its entry says. */
const readings: [title: string, archive: Buffer, expected: Partial<LayerEntry>][] = [
  ['v7', rawMember({ name: 'a', type: '\0', magic: '\0', prefix: 'not a prefix' }), { path: 'a', type: 'file' }],
  ['a v7 directory', rawMember({ name: 'a/', type: '\0', magic: '\0' }), { path: 'a', type: 'dir' }],
  ['ustar with a prefix', rawMember({ name: 'b/c', prefix: 'a' }), { path: 'a/b/c' }],
  [
    'full ustar fields',
    rawMember({ name: 'n'.repeat(100), prefix: 'p'.repeat(155) }),
    { path: `${'p'.repeat(155)}/${'n'.repeat(100)}` },
  ],
  [
    'star, with times after a shorter prefix',
    rawMember({ name: 'b', prefix: 'a', patch: { 476: '14000000000', 508: 'tar\0' } }),
    { path: 'a/b' },
  ],
  [
    'GNU magic, times where ustar has a prefix',
    rawMember({ name: 'b', magic: 'ustar  \0', prefix: '14000000000' }),
    { path: 'b' },
  ],
  [
    'a GNU long name',
    Buffer.concat([rawMember({ type: 'L' }, `${'x/'.repeat(200)}y\0`), rawMember({})]),
    { path: `${'x/'.repeat(200)}y` },
  ],
  [
    'a GNU long link',
    Buffer.concat([rawMember({ type: 'K' }, `${'x/'.repeat(200)}y\0`), rawMember({ type: '2' })]),
    { linkname: `${'x/'.repeat(200)}y`, type: 'symlink' },
  ],
  ['contiguous', rawMember({ type: '7' }, 'abc'), { type: 'file', size: 3, dataOffset: 512 }],
  [
    'a GNU dump directory',
    rawMember({ name: 'd', type: 'D' }, 'Yfile\0\0'),
    { path: 'd', type: 'dir', size: 0, dataOffset: -1 },
  ],
  [
    'after a volume label',
    Buffer.concat([rawMember({ name: 'label', type: 'V' }), rawMember({ name: 'a' })]),
    { path: 'a' },
  ],
  ['a Solaris extended header', Buffer.concat([rawPax({ path: 'sun' }, 'X'), rawMember({})]), { path: 'sun' }],
  ['a size on a directory counts for nothing', rawMember({ type: '5', size: 1024 }), { type: 'dir', size: 0 }],
  [
    'a size on a hardlink counts for nothing',
    rawMember({ type: '1', size: 9, linkname: './a//b' }),
    { type: 'hardlink', size: 0, linkname: 'a/b' },
  ],
  ['a mode with the file type', rawMember({ mode: 0o104755 }), { mode: 0o4755 }],
  [
    'numbers with spaces around',
    rawMember({ mode: '   644 ', uid: ' 17 \0', gid: '21' }),
    { mode: 0o644, uid: 0o17, gid: 0o21 },
  ],
  [
    'empty number fields',
    rawMember({ mode: Buffer.alloc(8), uid: Buffer.alloc(8), mtime: Buffer.alloc(12) }),
    { mode: 0, uid: 0, mtime: 0n },
  ],
  ['base-256 ids', rawMember({ uid: Buffer.from([0x80, 0, 0, 0, 0xee, 0x6b, 0x28, 0]) }), { uid: 4_000_000_000 }],
  ['a base-256 time before 1970', rawMember({ mtime: negative256(0xff) }), { mtime: -1_000_000_000n }],
  [
    'a base-256 time long before',
    rawMember({ mtime: negative256(0x80, 0, 0, 0) }),
    { mtime: -(2n ** 31n) * 1_000_000_000n },
  ],
  [
    'a base-256 time beyond all clocks',
    rawMember({ mtime: base256(0x7f, 0, 0, 0, 0, 0, 0, 0) }),
    { mtime: 2n ** 63n - 1n },
  ],
  [
    'a pax time beyond all clocks',
    Buffer.concat([rawPax({ mtime: `-${'9'.repeat(29)}` }), rawMember({})]),
    { mtime: -(2n ** 63n) },
  ],
  [
    'a pax time with more than nanoseconds',
    Buffer.concat([rawPax({ mtime: '1.1234567899' }), rawMember({})]),
    { mtime: 1_123_456_789n },
  ],
  [
    'a pax time before 1970 with a fraction',
    Buffer.concat([rawPax({ mtime: '-1.5' }), rawMember({})]),
    { mtime: -1_500_000_000n },
  ],
  [
    'pax values',
    Buffer.concat([
      rawPax({ path: 'p', uid: '9007199254740991', gid: '0', size: '3' }),
      rawMember({ size: 0 }),
      Buffer.from('abc'.padEnd(512, '\0')),
    ]),
    { path: 'p', uid: 2 ** 53 - 1, gid: 0, size: 3 },
  ],
  [
    'an empty pax value leaves the field',
    Buffer.concat([rawPax({ path: '' }), rawMember({ name: 'a' })]),
    { path: 'a' },
  ],
  [
    'a pax value with newlines and =',
    Buffer.concat([rawPax({ path: 'a\n=b\n12 path=c\n' }), rawMember({})]),
    { path: 'a\n=b\n12 path=c\n' },
  ],
  [
    'the last of two pax records',
    Buffer.concat([rawPax('8 path=a\n8 path=b\n'.replaceAll('8', '9')), rawMember({})]),
    { path: 'b' },
  ],
  ['a global header', Buffer.concat([rawPax({ uid: '7', comment: 'x' }, 'g'), rawMember({ uid: 1 })]), { uid: 7 }],
  [
    'a header over a global one',
    Buffer.concat([rawPax({ uid: '7' }, 'g'), rawPax({ uid: '8' }), rawMember({ uid: 1 })]),
    { uid: 8 },
  ],
  [
    'a global header taken back',
    Buffer.concat([rawPax({ uid: '7' }, 'g'), rawPax({ uid: '' }, 'g'), rawMember({ uid: 1 })]),
    { uid: 1 },
  ],
  [
    'pax before GNU long names',
    Buffer.concat([rawMember({ type: 'L' }, 'gnu\0'), rawPax({ path: 'pax' }), rawMember({})]),
    { path: 'pax' },
  ],
  [
    'extended attributes',
    Buffer.concat([
      rawPax({
        'SCHILY.xattr.user.b%3Dc%25': '\0\n=\xff',
        'LIBARCHIVE.xattr.user.a%20': 'AP8=',
        'LIBARCHIVE.xattr.user.b%3dc%25': 'AAAA',
        'RHT.security.selinux': 'x',
      }),
      rawMember({}),
    ]),
    {
      xattrs: new Map([
        ['user.a ', Buffer.from([0, 255])],
        ['user.b=c%', Buffer.from([0, 10, 61, 255])],
      ]),
    },
  ],
  [
    'an empty extended attribute',
    Buffer.concat([rawPax({ 'SCHILY.xattr.user.e': '' }), rawMember({})]),
    { xattrs: new Map([['user.e', Buffer.alloc(0)]]) },
  ],
  [
    'devices',
    rawMember({ type: '4', devMajor: 259, devMinor: 70_000 }),
    { type: 'block', devMajor: 259, devMinor: 70_000 },
  ],
  [
    'device numbers on a file count for nothing',
    rawMember({ devMajor: 'garbage', devMinor: 3 }),
    { devMajor: 0, devMinor: 0 },
  ],
  ['./ and / at the start', rawMember({ name: './/./a/./b//' }), { path: 'a/b', type: 'dir' }],
  ['an absolute name', rawMember({ name: '/a' }), { path: 'a' }],
  ['.. inside the root', rawMember({ name: 'a/b/../c' }), { path: 'a/c' }],
  ['the root', rawMember({ name: './', type: '5' }), { path: '', type: 'dir' }],
  ['names of dots', rawMember({ name: 'a/.../..b' }), { path: 'a/.../..b' }],
  ['an absolute hardlink target', rawMember({ type: '1', linkname: '/a/../b' }), { linkname: 'b' }],
  ['a symlink text as it is', rawMember({ type: '2', linkname: '../../x/./\xff/' }), { linkname: '../../x/./\xff/' }],
  ['a signed checksum', rawMember({ name: '\xff\xfe', checksum: 'signed' }), { path: '\xff\xfe' }],
  [
    'a whiteout',
    rawMember({ name: 'a/.wh.b', size: 3 }, 'xyz'),
    { path: 'a/b', type: 'whiteout', size: 0, dataOffset: -1 },
  ],
  [
    'a whiteout of 255 bytes',
    Buffer.concat([rawPax({ path: `.wh.${'x'.repeat(255)}` }), rawMember({})]),
    { path: 'x'.repeat(255), type: 'whiteout' },
  ],
  [
    'a whiteout that is a hardlink',
    rawMember({ name: '.wh.b', type: '1', linkname: '.wh..wh.plnk/1.2' }),
    { path: 'b', type: 'whiteout', linkname: '' },
  ],
  [
    'after leftovers of AUFS',
    Buffer.concat([
      rawMember({ name: '.wh..wh.plnk/', type: '5' }),
      rawMember({ name: '.wh..wh.plnk/1.2' }, 'xx'),
      rawMember({ name: 'd/.wh..wh.orph' }),
      rawMember({ name: 'a' }),
    ]),
    { path: 'a' },
  ],
]

for (const [title, archive, expected] of readings) {
  test(`reads ${title}`, async (t) => {
    for (const bytes of [archiveOf(archive), archive]) {
      const [first, ...more] = await unpack(bytes, { piece: 100 })
      t.deepEqual(more, [])
      t.like(first?.entry, expected)
    }
  })
}

test('an opaque mark names its directory', async (t) => {
  const members: unknown[] = []
  for await (const member of readTar(
    inPieces(archiveOf(rawMember({ name: 'a/.wh..wh..opq' }), rawMember({ name: '.wh..wh..opq' }))),
  )) {
    members.push(member)
  }
  t.deepEqual(members, [
    { kind: 'opaque', path: 'a' },
    { kind: 'opaque', path: '' },
  ])
})

test('names of whiteouts are ordinary outside of layers', async (t) => {
  const names = ['.wh.a', 'd/.wh..wh..opq', '.wh.x/y', '.wh..', '.wh.']
  const read = await unpack(archiveOf(...names.map((name) => rawMember({ name }))), { whiteouts: false })
  t.deepEqual(
    read.map(({ entry }) => [entry.path, entry.type]),
    names.map((name) => [name, 'file']),
  )
})

test('tolerates missing end blocks, a single one, missing padding at the end, and an empty archive', async (t) => {
  const member = rawMember({ name: 'a' }, 'abc')
  for (const bytes of [member, Buffer.concat([member, Buffer.alloc(512)]), member.subarray(0, 515)]) {
    t.deepEqual(
      (await unpack(bytes)).map(({ content }) => String(content)),
      ['abc'],
    )
  }
  t.deepEqual(await unpack(Buffer.alloc(0)), [])
  t.deepEqual(await unpack(Buffer.alloc(10_240)), [])
})

test('the positions of contents are those in the stream', async (t) => {
  const bytes = archiveOf(
    rawPax({ comment: 'x' }, 'g'),
    rawMember({ name: 'a' }, 'first'),
    rawPax({ path: 'b' }),
    rawMember({}, 'second'),
  )
  const read = await unpack(bytes, { piece: 333 })
  t.deepEqual(
    read.map(({ entry }) => bytes.toString('latin1', entry.dataOffset, entry.dataOffset + entry.size)),
    ['first', 'second'],
  )
})

test('content that is not read, or not to its end, is passed over', async (t) => {
  const contents = [5000, 1, 512, 70_000].map((size, i) => rawMember({ name: `f${i}` }, Buffer.alloc(size, i)))
  for (const piece of [100, 4096, 1 << 20]) {
    const seen: string[] = []
    for await (const member of readTar(inPieces(archiveOf(...contents), piece))) {
      if (member.kind !== 'entry') continue
      seen.push(member.entry.path)
      if (seen.length % 2 === 0) for await (const part of member.body) if (part.length > 0) break
    }
    t.deepEqual(seen, ['f0', 'f1', 'f2', 'f3'])
  }
})

test('content cannot be read after the next member', async (t) => {
  const members = readTar(inPieces(archiveOf(rawMember({ name: 'a' }, 'abc'), rawMember({ name: 'b' }, 'def'))))
  const first = await members.next()
  await members.next()
  const body = first.value?.kind === 'entry' ? first.value.body : inPieces(Buffer.alloc(0))
  await t.throwsAsync(collect(body), { message: /after the next member/ })
})

/** A source that tells what became of it. */
function watched(
  bytes: Buffer,
  failAt = Number.POSITIVE_INFINITY,
): { source: AsyncIterable<Uint8Array>; log: { read: number; closed: boolean } } {
  const log = { read: 0, closed: false }
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (; log.read < bytes.length; ) {
        if (log.read >= failAt) throw new Error('the disk is gone')
        yield bytes.subarray(log.read, (log.read += 512))
      }
    } finally {
      log.closed = true
    }
  }
  return { source: pieces(), log }
}

test('the source is read to its end, and closed when reading stops early', async (t) => {
  const bytes = archiveOf(rawMember({ name: 'a' }, Buffer.alloc(5000)), Buffer.alloc(20_000))
  const whole = watched(bytes)
  await collect(readTar(whole.source))
  t.deepEqual(whole.log, { read: Math.ceil(bytes.length / 512) * 512, closed: true })
  const early = watched(bytes)
  for await (const member of readTar(early.source)) if (member.kind === 'entry') break
  t.deepEqual(early.log, { read: 512, closed: true })
  const failing = watched(Buffer.concat([rawMember({ name: '..' }), bytes]))
  await t.throwsAsync(collect(readTar(failing.source)), { code: 'ARCHIVE_UNSAFE' })
  t.true(failing.log.closed)
})

test('errors of the source pass unchanged', async (t) => {
  const { source } = watched(archiveOf(rawMember({ name: 'a' }, Buffer.alloc(5000))), 1024)
  await t.throwsAsync(collect(readTar(source)), { message: 'the disk is gone' })
})
