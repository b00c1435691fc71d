import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { LayerEntry } from '../layers/entry.ts'
import { contentKey, type DiffOrigin } from './content-key.ts'

const origin: DiffOrigin = { parent: 'scratch', latest: undefined }
const file: LayerEntry = {
  path: 'a/b',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtime: 1500n,
  linkname: '',
  devMajor: 0,
  devMinor: 0,
  xattrs: new Map(),
  opaque: false,
  digest: digestOf('x'),
  dataOffset: 512,
}
const attributes = (pairs: Readonly<Record<string, string>>): Map<string, Uint8Array> =>
  new Map(Object.entries(pairs).map(([name, value]) => [name, Buffer.from(value)]))

const different: [what: string, changed: Partial<LayerEntry>][] = [
  ['path', { path: 'a/c' }],
  ['type', { type: 'fifo' }],
  ['mode', { mode: 0o640 }],
  ['setuid', { mode: 0o4644 }],
  ['uid', { uid: 1 }],
  ['gid', { gid: 1 }],
  ['size', { size: 2 }],
  ['link target', { linkname: 'x' }],
  ['major number', { devMajor: 1 }],
  ['minor number', { devMinor: 1 }],
  ['opaque mark', { opaque: true }],
  ['content', { digest: digestOf('y') }],
  ['no content', { digest: undefined }],
  ['attribute', { xattrs: attributes({ 'user.a': '1' }) }],
]
for (const [what, changed] of different) {
  test(`another ${what} is another result`, (t) => {
    t.not(contentKey([file], origin), contentKey([{ ...file, ...changed }], origin))
  })
}

test('times are no part of it', (t) => {
  t.is(contentKey([{ ...file, mtime: 7n }], origin), contentKey([file], origin))
})

test('where the bytes lie in the tar makes no difference', (t) => {
  t.is(contentKey([{ ...file, dataOffset: -1 }], origin), contentKey([file], origin))
})

test('what lies below, and the bound of times, are part of the result', (t) => {
  const keys = [{}, { parent: 'sha256:0' }, { latest: 0n }, { latest: 1n }].map((other) =>
    contentKey([file], { ...origin, ...other }),
  )
  t.is(new Set(keys).size, keys.length)
})

test('fields and attributes are framed: no two diffs give the same bytes', (t) => {
  const diffs: Partial<LayerEntry>[][] = [
    [],
    [{}],
    [{}, {}],
    [{ xattrs: attributes({ a: '', b: '' }) }],
    [{ xattrs: attributes({ a: 'b' }) }],
    [{ xattrs: attributes({ 'a=62,b': '' }) }],
    [{ path: 'a', linkname: 'b' }],
    [{ path: 'b', linkname: 'a' }],
  ]
  const keys = diffs.map((entries) =>
    contentKey(
      entries.map((each) => ({ ...file, ...each })),
      origin,
    ),
  )
  t.is(new Set(keys).size, keys.length)
})

test('a diff of many entries is hashed to its end', (t) => {
  const many = Array.from({ length: 5000 }, (_, i) => ({ ...file, path: `f${i}` }))
  const last = { ...file, path: 'f4999', mode: 0o600 }
  t.not(contentKey(many, origin), contentKey(many.with(4999, last), origin))
})
