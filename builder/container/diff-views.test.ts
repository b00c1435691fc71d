import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { LayerEntry } from '../layers/entry.ts'
import { compareRecords } from '../layers/index-types.ts'
import { indexOf } from '../layers/layer-index.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { createView, type LayerRef, type RootfsView } from '../layers/view.ts'
import { diffViews } from './diff-views.ts'
import { sumChanges } from './sum-changes.ts'

function layer(...entries: LayerEntry[]): LayerRef {
  const sorted = entries.toSorted(compareRecords)
  const diffID = digestOf(JSON.stringify(sorted, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)))
  return { diffID, index: indexOf(sorted), bytes: { kind: 'tar', file: '/nonexistent' } }
}

function file(path: string, content = 'x', fields: Partial<LayerEntry> = {}): LayerEntry {
  return blankEntry(path, 'file', { size: content.length, digest: digestOf(content), ...fields })
}

const dir = (path: string, fields: Partial<LayerEntry> = {}): LayerEntry => blankEntry(path, 'dir', fields)
const whiteout = (path: string): LayerEntry => blankEntry(path, 'whiteout')

function lines(a: RootfsView, b: RootfsView, times = false): string[] {
  return [...diffViews(a, b, { times })].map((change) =>
    `${change.kind[0]} ${change.path}${change.kind === 'changed' ? ` ${change.differences.join(' ')}` : ''}`.trimEnd(),
  )
}

const base = [dir('d'), file('d/f'), dir('d/sub'), file('d/sub/g'), file('z')]
const xattrs = new Map([['user.a', Buffer.from('1')]])

const cases: readonly (readonly [title: string, upper: LayerEntry[], expected: string[]])[] = [
  ['nothing', [], []],
  ['a new file in a folder', [file('d/new')], ['c d', 'a d/new']],
  ['a new folder with all in it', [dir('n'), dir('n/m'), file('n/m/f')], ['a n', 'a n/m', 'a n/m/f']],
  ['other content', [file('d/f', 'y')], ['c d', 'c d/f content']],
  ['the same content again', [file('d/f', 'x', { mtime: 5n })], []],
  ['mode and owner', [file('z', 'x', { mode: 0o600, uid: 7 })], ['c z mode owner']],
  ['an extended attribute', [file('z', 'x', { xattrs })], ['c z xattrs']],
  ['a folder of another mode', [dir('d', { mode: 0o700 })], ['c d mode']],
  ['a deleted file', [whiteout('d/f')], ['c d', 'd d/f']],
  ['a deleted folder, without what was in it', [whiteout('d')], ['d d']],
  ['an emptied folder', [dir('d', { opaque: true })], ['c d', 'd d/f', 'd d/sub']],
  ['a file for a folder', [file('d')], ['c d type', 'd d/f', 'd d/sub']],
  ['a folder for a file', [dir('z'), file('z/f')], ['c z type', 'a z/f']],
  ['a link for a file', [blankEntry('z', 'symlink', { linkname: 'd' })], ['c z type']],
  ['the root itself', [dir('', { mode: 0o700 }), file('new')], ['c  mode', 'a new']],
  ['names around a slash', [file('d-'), file('d0'), file('d/-')], ['c d', 'a d/-', 'a d-', 'a d0']],
]
for (const [title, upper, expected] of cases) {
  test(`diff: ${title}`, (t) => {
    const view = createView([layer(...base), layer(...upper)])
    t.deepEqual(lines(view.below(1), view), expected)
  })
}

test('a time alone counts only when it is asked for', (t) => {
  const view = createView([layer(...base), layer(file('z', 'x', { mtime: 5n }))])
  t.deepEqual(lines(view.below(1), view), [])
  t.deepEqual(lines(view.below(1), view, true), ['c z time'])
})

test('a device and a link changed', (t) => {
  const links = [blankEntry('l', 'symlink', { linkname: 'a' }), blankEntry('n', 'char', { devMajor: 1, devMinor: 3 })]
  const others = [blankEntry('l', 'symlink', { linkname: 'b' }), blankEntry('n', 'char', { devMajor: 1, devMinor: 5 })]
  const view = createView([layer(...links), layer(...others)])
  t.deepEqual(lines(view.below(1), view), ['c l link', 'c n device'])
})

test('a hardlink into the layer below is another file on another base', (t) => {
  const upper = layer(dir('d'), blankEntry('d/link', 'hardlink', { linkname: 'x' }))
  const [a, b] = ['one', 'two'].map((text) => createView([layer(file('x', text)), upper]))
  t.deepEqual(a && b && lines(a, b), ['c d', 'c d/link content', 'c x content'])
})

test('a folder that comes from the same layers is not entered', (t) => {
  const many = layer(dir('big'), ...Array.from({ length: 200 }, (_, i) => file(`big/${i}`)))
  const read: string[] = []
  const watched = (...layers: LayerRef[]): RootfsView => {
    const view = createView(layers)
    const lstat = view.lstat.bind(view)
    view.lstat = (path) => {
      read.push(path)
      return lstat(path)
    }
    return view
  }
  const [a, b] = [watched(many, layer(file('a'))), watched(many, layer(file('b')))]
  t.deepEqual(lines(a, b), ['d a', 'a b'])
  t.deepEqual([...new Set(read)].sort(), ['', 'a', 'b', 'big'])
})

test('sums count what was in a deleted folder, and no folder that only has changes inside', (t) => {
  const view = createView([layer(...base), layer(whiteout('d/sub'), file('d/f', 'longer'), file('d/new', 'four'))])
  const before = view.below(1)
  t.deepEqual(sumChanges(diffViews(before, view), before), {
    added: { paths: 1, bytes: 4 },
    changed: { paths: 1, bytes: 6, bytesBefore: 1 },
    deleted: { paths: 2, bytes: 1 },
  })
})
