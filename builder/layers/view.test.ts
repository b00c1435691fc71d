import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { LayerEntry } from './entry.ts'
import { compareRecords } from './index-types.ts'
import { indexOf } from './layer-index.ts'
import type { LayerRef } from './layer-ref.ts'
import { type LayerMember, writeLayer } from './layer-writer.ts'
import { readSmallFile } from './read-file.ts'
import { resolvePath } from './resolve.ts'
import { blankEntry } from './testing/entries.ts'
import { temporaryDir } from './testing/temporary.ts'
import { createView, type RootfsView } from './view.ts'

function file(path: string, text = path, fields: Partial<LayerEntry> = {}): LayerMember {
  const content = Buffer.from(text)
  return { entry: blankEntry(path, 'file', { size: content.length, ...fields }), content }
}

function dir(path: string, fields: Partial<LayerEntry> = {}): LayerMember {
  return { entry: blankEntry(path, 'dir', fields) }
}

function link(path: string, linkname: string): LayerMember {
  return { entry: blankEntry(path, 'symlink', { linkname }) }
}

function hardlink(path: string, linkname: string): LayerMember {
  return { entry: blankEntry(path, 'hardlink', { linkname }) }
}

function whiteout(path: string): LayerMember {
  return { entry: blankEntry(path, 'whiteout') }
}

function opaqueMark(path: string): LayerMember {
  return { entry: blankEntry(path, 'whiteout', { opaque: true }) }
}

async function viewOf(t: ExecutionContext, ...layers: LayerMember[][]): Promise<RootfsView> {
  const folder = temporaryDir(t)
  const refs: LayerRef[] = []
  for (const [i, members] of layers.entries()) {
    const tar = join(folder, `${i}.tar`)
    const { diffID, entries } = await writeLayer(members.toSorted(byRecord), tar, { sync: false })
    refs.push({ diffID, index: indexOf(entries), bytes: { kind: 'tar', file: tar } })
  }
  return createView(refs)
}

function byRecord(a: LayerMember, b: LayerMember): number {
  return compareRecords(a.entry, b.entry)
}

function tree(view: RootfsView): Record<string, string> {
  return Object.fromEntries(
    [...view.walk()].map((e) => [e.path, e.type === 'dir' ? `dir ${e.mode.toString(8)}` : e.type]),
  )
}

async function text(view: RootfsView, path: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of view.open(path)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test('a whiteout hides a file, a directory and what a lower layer has in it', async (t) => {
  const view = await viewOf(t, [dir('d'), file('d/a'), file('f')], [whiteout('d'), whiteout('f')])
  t.deepEqual(tree(view), {})
  t.is(view.lstat('d/a'), undefined)
})

test('a whiteout and a new directory of one name: the old content is gone', async (t) => {
  const lower = [dir('d'), file('d/old')]
  const view = await viewOf(t, lower, [whiteout('d'), dir('d', { mode: 0o700 }), file('d/new')])
  t.deepEqual(tree(view), { d: 'dir 700', 'd/new': 'file' })
  t.deepEqual(view.list('d'), ['new'])
})

test('a whiteout and files without a directory entry: the directory is a plain one', async (t) => {
  const view = await viewOf(t, [dir('d', { mode: 0o700 }), file('d/old')], [whiteout('d'), file('d/new')])
  t.deepEqual(tree(view), { d: 'dir 755', 'd/new': 'file' })
})

test('an opaque directory, with an entry or as a mark alone, hides what is below in it', async (t) => {
  const lower = [dir('d', { mode: 0o700 }), file('d/old'), dir('e', { mode: 0o711 }), file('e/old')]
  const upper = [dir('d', { opaque: true }), file('d/new'), opaqueMark('e')]
  const view = await viewOf(t, lower, upper)
  t.deepEqual(tree(view), { d: 'dir 755', 'd/new': 'file', e: 'dir 711' })
})

test('a file replaces a directory and the reverse, and nothing comes back through a later directory', async (t) => {
  const view = await viewOf(
    t,
    [dir('a'), file('a/x'), file('b')],
    [file('a'), dir('b'), file('b/y')],
    [dir('a', { mode: 0o700 })],
  )
  t.deepEqual(tree(view), { a: 'dir 700', b: 'dir 755', 'b/y': 'file' })
})

test('a directory without an entry keeps the metadata that it has below', async (t) => {
  const view = await viewOf(t, [dir('a', { mode: 0o700, uid: 7 }), file('a/x')], [file('a/y'), file('n/m/z')])
  t.deepEqual(tree(view), {
    a: 'dir 700',
    'a/x': 'file',
    'a/y': 'file',
    n: 'dir 755',
    'n/m': 'dir 755',
    'n/m/z': 'file',
  })
})

test('files in a directory that is a symlink below go where it leads', async (t) => {
  const lower = [
    link('lib', 'usr/lib'),
    dir('usr'),
    dir('usr/lib', { mode: 0o711 }),
    file('usr/lib/a'),
    file('usr/lib/b'),
  ]
  const upper = [whiteout('lib/b'), dir('lib/sub'), file('lib/sub/z'), file('lib/x'), hardlink('y', 'lib/x')]
  const view = await viewOf(t, lower, upper)
  t.deepEqual(tree(view), {
    lib: 'symlink',
    usr: 'dir 755',
    'usr/lib': 'dir 711',
    'usr/lib/a': 'file',
    'usr/lib/sub': 'dir 755',
    'usr/lib/sub/z': 'file',
    'usr/lib/x': 'file',
    y: 'file',
  })
  t.is(await text(view, 'usr/lib/x'), 'lib/x')
  t.is(view.linkGroup('y'), view.linkGroup('usr/lib/x'))
})

test('a directory entry replaces a symlink instead', async (t) => {
  const view = await viewOf(t, [dir('usr'), file('usr/a'), link('lib', 'usr')], [dir('lib'), file('lib/x')])
  t.deepEqual(tree(view), { lib: 'dir 755', 'lib/x': 'file', usr: 'dir 755', 'usr/a': 'file' })
})

test('links of links, absolute and beyond the root, and one that leads nowhere', async (t) => {
  const lower = [link('a', '/b'), link('b', '../../c'), dir('c'), link('e', 'new/place')]
  const view = await viewOf(t, lower, [file('a/x'), file('e/y')])
  t.is(view.lstat('c/x')?.type, 'file')
  t.is(view.lstat('new/place/y')?.type, 'file')
  t.is(view.lstat('new')?.type, 'dir')
})

test('a layer with a file inside a file does not fit', async (t) => {
  const lower = [file('f'), link('l', 'f'), link('m', 'f/new')]
  for (const upper of [[file('f/x')], [file('l/x')], [file('m/x')]]) {
    const view = await viewOf(t, lower, upper)
    t.throws(() => view.lstat('f'), { code: 'LAYER_INVALID' })
  }
})

test('hardlinks keep their file when another name is replaced', async (t) => {
  const view = await viewOf(
    t,
    [file('a', 'shared', { mode: 0o600, uid: 3 }), hardlink('b', 'a'), hardlink('c', 'b')],
    [file('a', 'new')],
    [hardlink('d', 'c'), whiteout('b')],
  )
  t.deepEqual(tree(view), { a: 'file', c: 'file', d: 'file' })
  t.is(await text(view, 'a'), 'new')
  t.is(await text(view, 'c'), 'shared')
  t.is(await text(view, 'd'), 'shared')
  t.like(view.lstat('d'), { path: 'd', mode: 0o600, uid: 3, size: 6 })
  t.is(view.linkGroup('a'), undefined)
  t.is(view.linkGroup('c'), view.linkGroup('d'))
  t.truthy(view.linkGroup('c'))
})

test('a hardlink to nothing, to a directory or in a circle does not fit', async (t) => {
  for (const members of [
    [hardlink('a', 'missing')],
    [dir('d'), hardlink('e', 'd')],
    [hardlink('a', 'b'), hardlink('b', 'a')],
  ]) {
    const view = await viewOf(t, members)
    t.throws(() => [...view.walk()], { code: 'LAYER_INVALID' })
  }
})

test('the root may have an entry, and may be opaque', async (t) => {
  const view = await viewOf(t, [dir('', { mode: 0o700 }), file('a')], [file('b')], [opaqueMark(''), file('c')])
  t.is(view.lstat('')?.mode, 0o700)
  t.deepEqual(view.list(''), ['c'])
  t.is((await viewOf(t)).lstat('')?.mode, 0o755)
})

test('paths resolve inside the root', async (t) => {
  const view = await viewOf(t, [
    dir('d'),
    file('d/f'),
    link('d/up', '../../../d/f'),
    link('loop', 'loop'),
    link('to-d', '/d'),
  ])
  const at = (path: string, followLast = true): string => resolvePath(view, path, { followLast }).path
  t.is(at('/to-d/up'), 'd/f')
  t.is(at('to-d', false), 'to-d')
  t.is(at('to-d/.', false), 'to-d')
  t.is(at('//d/./../../to-d/missing/deep'), 'd/missing/deep')
  t.is(at('to-d/../x'), 'x')
  t.is(at(''), '')
  t.throws(() => at('loop'), { code: 'SYMLINK_LOOP' })
})

test('a small file is read through links; a large or missing one is not', async (t) => {
  const view = await viewOf(t, [dir('etc'), link('etc/passwd', '/lib/users'), dir('lib'), file('lib/users', 'root:x')])
  t.is((await readSmallFile(view, '/etc/passwd', 100))?.toString(), 'root:x')
  t.is(await readSmallFile(view, '/etc/group', 100), undefined)
  t.is(await readSmallFile(view, '/etc', 100), undefined)
  await t.throwsAsync(readSmallFile(view, '/etc/passwd', 5), { code: 'LAYER_INVALID' })
})
