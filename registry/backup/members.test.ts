import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { blobName, fileName, metadataName, parseMemberName } from './members.ts'

const [short, long] = [digestOf('x'), digestOf('x', 'sha512')]

test('a name says what it stands for', (t) => {
  for (const digest of [short, long]) t.deepEqual(parseMemberName(blobName(digest)), { kind: 'blob', digest })
  t.deepEqual(parseMemberName(fileName(short)), { kind: 'file', digest: short })
  t.deepEqual(parseMemberName(metadataName(short)), { kind: 'metadata', digest: short })
  t.deepEqual(parseMemberName('manifest.json'), { kind: 'manifest' })
  t.deepEqual(parseMemberName('ibuild-backup.json'), { kind: 'head' })
})

const hex = short.slice(7)
for (const name of [
  '',
  '/',
  '..',
  '../manifest.json',
  'manifest.json/',
  './manifest.json',
  `/blobs/sha256/${hex.slice(0, 2)}/${hex}`,
  `blobs/../sha256/${hex.slice(0, 2)}/${hex}`,
  `blobs/sha256/00/${hex}`,
  `blobs/sha256/${hex.slice(0, 2)}/${hex.toUpperCase()}`,
  `blobs/sha256/${hex.slice(0, 2)}/${hex}/x`,
  `blobs/sha1/${hex.slice(0, 2)}/${hex}`,
  `blobs/sha256/${hex}`,
  `files/${hex}x`,
  `files/../${hex}`,
  `metadata/${hex}/`,
  `metadata/${long.slice(7)}`,
  `uploads/${hex}`,
]) {
  test(`no member is called ${JSON.stringify(name.slice(0, 60))}`, (t) => {
    t.is(parseMemberName(name), undefined)
  })
}
