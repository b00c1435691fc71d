import test from 'ava'
import { unpack } from './testing/archives.ts'
import { archiveOf, base256, negative256, rawMember, rawPax } from './testing/raw.ts'

const refusals: [title: string, code: 'ARCHIVE_INVALID' | 'ARCHIVE_UNSAFE', archive: Buffer][] = [
  ['.. out of the root', 'ARCHIVE_UNSAFE', rawMember({ name: '../a' })],
  ['.. out of the root further on', 'ARCHIVE_UNSAFE', rawMember({ name: 'a/../../b' })],
  ['.. out of an absolute name', 'ARCHIVE_UNSAFE', rawMember({ name: '/../a' })],
  ['.. alone', 'ARCHIVE_UNSAFE', rawMember({ name: '..', type: '5' })],
  ['.. in a hardlink target', 'ARCHIVE_UNSAFE', rawMember({ type: '1', linkname: 'a/../../etc/passwd' })],
  ['a whiteout of ..', 'ARCHIVE_UNSAFE', rawMember({ name: 'a/.wh...' })],
  ['a whiteout of .', 'ARCHIVE_UNSAFE', rawMember({ name: 'a/.wh..' })],
  ['a whiteout of nothing', 'ARCHIVE_UNSAFE', rawMember({ name: 'a/.wh.' })],
  ['a file below a whiteout', 'ARCHIVE_INVALID', rawMember({ name: 'a/.wh.b/c' })],
  ['NUL in a pax name', 'ARCHIVE_UNSAFE', Buffer.concat([rawPax({ path: 'a\0b' }), rawMember({})])],
  ['NUL in a pax link', 'ARCHIVE_UNSAFE', Buffer.concat([rawPax({ linkpath: 'a\0b' }), rawMember({ type: '2' })])],
  [
    'NUL in the name of an attribute',
    'ARCHIVE_INVALID',
    Buffer.concat([rawPax({ 'SCHILY.xattr.user.\0': 'x' }), rawMember({})]),
  ],
  [
    'a component of 256 bytes',
    'ARCHIVE_UNSAFE',
    Buffer.concat([rawPax({ path: `a/${'x'.repeat(256)}` }), rawMember({})]),
  ],
  ['a path of 4097 bytes', 'ARCHIVE_UNSAFE', Buffer.concat([rawPax({ path: 'x/'.repeat(2048) + 'y' }), rawMember({})])],
  [
    'a link text of 4097 bytes',
    'ARCHIVE_UNSAFE',
    Buffer.concat([rawPax({ linkpath: 'x'.repeat(4097) }), rawMember({ type: '2' })]),
  ],
  ['a file named as the root', 'ARCHIVE_INVALID', rawMember({ name: './', type: '2', linkname: 'x' })],
  ['a file without a name', 'ARCHIVE_INVALID', rawMember({ name: '' })],
  ['a symlink to nothing', 'ARCHIVE_INVALID', rawMember({ type: '2' })],
  ['a hardlink to the root', 'ARCHIVE_INVALID', rawMember({ type: '1', linkname: './' })],
  ['an unknown type', 'ARCHIVE_INVALID', rawMember({ type: 'Q' })],
  ['a continued volume', 'ARCHIVE_INVALID', rawMember({ type: 'M' })],
  ['a wrong checksum', 'ARCHIVE_INVALID', rawMember({ checksum: 'wrong' })],
  ['letters in a number', 'ARCHIVE_INVALID', rawMember({ uid: '12x' })],
  ['an 8 in a number', 'ARCHIVE_INVALID', rawMember({ size: '00000000008' })],
  ['a negative size', 'ARCHIVE_INVALID', rawMember({ size: negative256(0xff) })],
  ['a negative id', 'ARCHIVE_INVALID', rawMember({ uid: Buffer.alloc(8, 0xff) })],
  ['a negative device', 'ARCHIVE_INVALID', rawMember({ type: '3', devMajor: Buffer.alloc(8, 0xff) })],
  ['a pax size that is no number', 'ARCHIVE_INVALID', Buffer.concat([rawPax({ size: '1e3' }), rawMember({})])],
  ['a negative pax id', 'ARCHIVE_INVALID', Buffer.concat([rawPax({ uid: '-1' }), rawMember({})])],
  ['a pax id over 2^53', 'ARCHIVE_INVALID', Buffer.concat([rawPax({ uid: '9007199254740993' }), rawMember({})])],
  ['a pax time that is none', 'ARCHIVE_INVALID', Buffer.concat([rawPax({ mtime: '1e9' }), rawMember({})])],
  ['a pax record without length', 'ARCHIVE_INVALID', Buffer.concat([rawPax('path=a\n'), rawMember({})])],
  ['a pax record too long', 'ARCHIVE_INVALID', Buffer.concat([rawPax('99 path=a\n'), rawMember({})])],
  ['a pax record of length 0', 'ARCHIVE_INVALID', Buffer.concat([rawPax('0 path=a\n'), rawMember({})])],
  ['a pax record without newline', 'ARCHIVE_INVALID', Buffer.concat([rawPax('9 path=ab'), rawMember({})])],
  ['a pax record without =', 'ARCHIVE_INVALID', Buffer.concat([rawPax('7 path\n'), rawMember({})])],
  ['a pax record without key', 'ARCHIVE_INVALID', Buffer.concat([rawPax('5 =a\n'), rawMember({})])],
  ['2^62 bytes', 'ARCHIVE_UNSAFE', rawMember({ size: base256(0x40, 0, 0, 0, 0, 0, 0, 0) })],
  ['a pax size of 2 TiB', 'ARCHIVE_UNSAFE', Buffer.concat([rawPax({ size: '2199023255552' }), rawMember({})])],
  ['a pax header of 10 GiB', 'ARCHIVE_UNSAFE', rawMember({ type: 'x', size: base256(0x02, 0x80, 0, 0, 0) })],
  ['a long name of 10 GiB', 'ARCHIVE_UNSAFE', rawMember({ type: 'L', size: base256(0x02, 0x80, 0, 0, 0) })],
  ['a negative pax header', 'ARCHIVE_INVALID', rawMember({ type: 'x', size: negative256(0xff) })],
  [
    'too many attributes',
    'ARCHIVE_UNSAFE',
    Buffer.concat([
      rawPax(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`SCHILY.xattr.user.${i}`, '']))),
      rawMember({}),
    ]),
  ],
  ['an extension header without member', 'ARCHIVE_INVALID', rawPax({ path: 'a' })],
  ['a zero block between members', 'ARCHIVE_INVALID', Buffer.concat([rawMember({}), Buffer.alloc(512), rawMember({})])],
  ['text', 'ARCHIVE_INVALID', Buffer.alloc(2000, 'not a tar ')],
  ['less than a block', 'ARCHIVE_INVALID', Buffer.from('short')],
  ['a cut header', 'ARCHIVE_INVALID', rawMember({}).subarray(0, 500)],
  ['cut content', 'ARCHIVE_INVALID', rawMember({}, Buffer.alloc(2000)).subarray(0, 1000)],
  ['cut padding', 'ARCHIVE_INVALID', rawMember({}, 'abc').subarray(0, 600)],
  ['a cut extension', 'ARCHIVE_INVALID', rawPax({ path: 'a' }).subarray(0, 700)],
]

for (const [title, code, archive] of refusals) {
  test(`refuses ${title}: ${code}`, async (t) => {
    for (const piece of [7, 512, 1 << 16]) await t.throwsAsync(unpack(archive, { piece }), { code })
  })
}

test('limits can be set', async (t) => {
  const archive = archiveOf(rawMember({ name: 'a' }, 'abc'), rawMember({ name: 'b' }, 'defg'))
  for (const limits of [{ entries: 1 }, { file: 3 }, { total: 6 }, { path: 0 }, { component: 0 }]) {
    await t.throwsAsync(unpack(archive, { limits }), { code: 'ARCHIVE_UNSAFE' }, JSON.stringify(limits))
  }
  t.is((await unpack(archive, { limits: { entries: 2, file: 4, total: 7, path: 1, component: 1 } })).length, 2)
})

test('what follows the end of an archive is bounded', async (t) => {
  const padded = Buffer.concat([archiveOf(rawMember({ name: 'a' })), Buffer.alloc(100_000)])
  t.is((await unpack(padded)).length, 1)
  t.is((await unpack(padded, { limits: { trailing: 100_000 }, piece: 700 })).length, 1)
  await t.throwsAsync(unpack(padded, { limits: { trailing: 90_000 }, piece: 700 }), { code: 'ARCHIVE_UNSAFE' })
})
