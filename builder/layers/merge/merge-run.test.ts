import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { EntryType, LayerEntry } from '../entry.ts'
import { compareRecords } from '../index-types.ts'
import { indexOf } from '../layer-index.ts'
import type { LayerRef } from '../layer-ref.ts'
import { type LayerMember, type WrittenLayer, writeLayer } from '../layer-writer.ts'
import { blankEntry } from '../testing/entries.ts'
import { collect } from '../testing/stream.ts'
import { temporaryDir } from '../testing/temporary.ts'
import { createView } from '../view.ts'
import { mergeRun } from './merge-run.ts'

function file(path: string, text = path, fields: Partial<LayerEntry> = {}): LayerMember {
  const content = Buffer.from(text)
  return { entry: blankEntry(path, 'file', { size: content.length, ...fields }), content }
}

function entry(type: EntryType, path: string, fields: Partial<LayerEntry> = {}): LayerMember {
  return { entry: blankEntry(path, type, fields) }
}

const dir = (path: string, fields: Partial<LayerEntry> = {}) => entry('dir', path, fields)
const gone = (path: string) => entry('whiteout', path)
const opaqueMark = (path: string) => entry('whiteout', path, { opaque: true })
const link = (path: string, linkname: string) => entry('hardlink', path, { linkname })
const symlink = (path: string, linkname: string) => entry('symlink', path, { linkname })

interface Row {
  readonly title: string
  readonly below?: readonly LayerMember[]
  readonly run: readonly (readonly LayerMember[])[]
  /** The records of the merged layer, see {@link shown}. */
  readonly wanted: readonly string[]
}

const rows: readonly Row[] = [
  { title: 'nothing at all', run: [[], []], wanted: [] },
  { title: 'the last writer wins', run: [[file('a', '1')], [file('a', '2')]], wanted: ['file a "2"'] },
  { title: 'a file that the run made and deleted', run: [[file('a')], [gone('a')]], wanted: [] },
  {
    title: 'a whole folder that the run made and deleted',
    run: [[dir('a'), dir('a/b'), file('a/b/c'), file('z')], [gone('a')]],
    wanted: ['file z "z"'],
  },
  {
    title: 'a file of below that the run replaced and deleted',
    below: [file('a')],
    run: [[file('a', 'new')], [gone('a')]],
    wanted: ['gone a'],
  },
  { title: 'a whiteout of nothing', below: [file('b')], run: [[], [gone('a'), gone('b')]], wanted: ['gone b'] },
  {
    title: 'a directory of below that became a file and a directory again',
    below: [dir('a'), file('a/old')],
    run: [
      [gone('a'), file('a')],
      [gone('a'), dir('a'), file('a/new')],
    ],
    wanted: ['dir 755 a opaque', 'file a/new "a/new"'],
  },
  {
    title: 'the same without whiteouts: a file hides a directory by itself',
    below: [dir('a'), file('a/old')],
    run: [[file('a')], [dir('a'), file('a/new')]],
    wanted: ['dir 755 a opaque', 'file a/new "a/new"'],
  },
  {
    title: 'a directory that was empty below is not opaque',
    below: [dir('a')],
    run: [[gone('a')], [dir('a', { mode: 0o700 }), file('a/new')]],
    wanted: ['dir 700 a', 'file a/new "a/new"'],
  },
  {
    title: 'a file in an opaque directory, and what the run had there before',
    below: [dir('a'), file('a/old')],
    run: [
      [dir('a'), file('a/before')],
      [dir('a', { opaque: true }), file('a/after')],
    ],
    wanted: ['dir 755 a opaque', 'file a/after "a/after"'],
  },
  {
    title: 'what is in an opaque directory needs no marks of its own',
    below: [dir('a'), file('a/x'), dir('a/b'), file('a/b/y')],
    run: [
      [dir('a', { opaque: true }), file('a/x'), dir('a/b')],
      [gone('a/x'), dir('a/b', { opaque: true })],
    ],
    wanted: ['dir 755 a opaque', 'dir 755 a/b'],
  },
  {
    title: 'a loose opaque mark keeps the metadata of below',
    below: [dir('a', { mode: 0o700 }), file('a/old')],
    run: [[opaqueMark('a')], [file('a/new')]],
    wanted: ['opaque a', 'file a/new "a/new"'],
  },
  {
    title: 'a loose opaque mark keeps the metadata of the run',
    below: [dir('a'), file('a/old')],
    run: [[dir('a', { mode: 0o700 }), file('a/before')], [opaqueMark('a')]],
    wanted: ['dir 700 a opaque'],
  },
  {
    title: 'an opaque mark on the root',
    below: [file('old')],
    run: [[file('before')], [opaqueMark(''), file('after')]],
    wanted: ['opaque ', 'file after "after"'],
  },
  {
    title: 'the root directory has an entry too, and the last one counts',
    below: [dir('', { mode: 0o755 })],
    run: [[dir('', { mode: 0o700 })], [dir('', { mode: 0o711, uid: 5 })]],
    wanted: ['dir 711 '],
  },
  {
    title: 'only the metadata of a directory changes',
    below: [dir('a'), file('a/x')],
    run: [[dir('a', { mode: 0o700 })], [dir('a', { mode: 0o750, uid: 7 })]],
    wanted: ['dir 750 a'],
  },
  {
    title: 'directories of below without an entry in the run stay without',
    below: [dir('a'), dir('a/b')],
    run: [[file('a/b/c')], [file('a/b/d')]],
    wanted: ['file a/b/c "a/b/c"', 'file a/b/d "a/b/d"'],
  },
  {
    title: 'directories that nothing has an entry for get the one that they are seen as',
    run: [[file('a/b/c')], [gone('a/b/c')]],
    wanted: ['dir 755 a', 'dir 755 a/b'],
  },
  {
    title: 'a parent that is a symlink below',
    below: [dir('usr'), dir('usr/lib'), symlink('lib', 'usr/lib')],
    run: [[file('lib/a')], [file('usr/lib/b'), gone('lib/a')]],
    wanted: ['file usr/lib/b "usr/lib/b"'],
  },
  {
    title: 'a parent that is a symlink of the run',
    below: [dir('usr'), dir('usr/lib')],
    run: [[symlink('lib', 'usr/lib')], [file('lib/a')]],
    wanted: ['symlink lib -> usr/lib', 'file usr/lib/a "lib/a"'],
  },
  {
    title: 'a symlink of below that becomes a directory',
    below: [dir('usr'), file('usr/old'), symlink('lib', 'usr')],
    run: [[gone('lib')], [dir('lib'), file('lib/a')]],
    wanted: ['dir 755 lib', 'file lib/a "lib/a"'],
  },
  {
    title: 'hardlinks: the first name was deleted',
    run: [[file('a', 'x'), link('b', 'a'), link('c', 'a')], [gone('a')]],
    wanted: ['file b "x"', 'link c -> b'],
  },
  {
    title: 'hardlinks: the first name was replaced',
    run: [[file('a', 'x'), link('b', 'a')], [file('a', 'y')]],
    wanted: ['file a "y"', 'file b "x"'],
  },
  {
    title: 'hardlinks: a later layer adds a name that comes first',
    run: [[file('b', 'x')], [link('a', 'b')]],
    wanted: ['file a "x"', 'link b -> a'],
  },
  {
    title: 'hardlinks: all names but one were deleted',
    run: [[file('a', 'x'), link('b', 'a'), link('c', 'b')], [gone('a')], [gone('b')]],
    wanted: ['file c "x"'],
  },
  {
    title: 'hardlinks: links of links over layers',
    run: [[file('b', 'x')], [link('c', 'b')], [gone('b'), link('a', 'c')]],
    wanted: ['file a "x"', 'link c -> a'],
  },
  {
    title: 'a hardlink to a file of below stays one',
    below: [file('a', 'x')],
    run: [[link('b', 'a')], [link('c', 'b')]],
    wanted: ['link b -> a', 'link c -> a'],
  },
  {
    title: 'a hardlink to a file of below that the run deletes becomes a file',
    below: [file('a', 'x')],
    run: [[link('b', 'a'), link('c', 'a')], [gone('a')]],
    wanted: ['gone a', 'file b "x"', 'link c -> b'],
  },
  {
    title: 'a hardlink to a file of below that the run replaces becomes a file',
    below: [file('a', 'x')],
    run: [[link('b', 'a')], [file('a', 'y')]],
    wanted: ['file a "y"', 'file b "x"'],
  },
  {
    title: 'a hardlink to a name of below that is gone stays a link when another name is there',
    below: [file('d/a', 'x'), link('d/b', 'd/a'), link('z', 'd/a')],
    run: [[link('n', 'd/b')], [gone('d')]],
    wanted: ['gone d', 'link n -> z'],
  },
  {
    title: 'a hardlink to a file of below whose folder is hidden becomes a file',
    below: [dir('d'), file('d/a', 'x')],
    run: [[link('n', 'd/a')], [dir('d', { opaque: true })]],
    wanted: ['dir 755 d opaque', 'file n "x"'],
  },
  {
    title: 'hardlinks of symlinks and devices',
    run: [
      [symlink('a', 't'), link('b', 'a'), entry('char', 'd', { devMajor: 1, devMinor: 3 }), link('e', 'd')],
      [gone('a'), gone('d')],
    ],
    wanted: ['symlink b -> t', 'char e 1:3'],
  },
  {
    title: 'devices, fifos and attributes are as they were',
    run: [
      [entry('fifo', 'f'), entry('block', 'b', { devMajor: 8, devMinor: 1 })],
      [file('c', 'x', { mode: 0o4755, xattrs: new Map([['security.capability', Buffer.from([1, 0, 255])]]) })],
    ],
    wanted: ['block b 8:1', 'file c "x" security.capability=0100ff', 'fifo f'],
  },
  {
    title: 'names that are no UTF-8, and times to the nanosecond',
    run: [[file('\xff\xfe', 'x', { mtime: 1_234_567_890_123_456_789n })], [file('\xe4', 'y', { mtime: -5n })]],
    wanted: ['file \xe4 "y" at -5', 'file \xff\xfe "x" at 1234567890123456789'],
  },
]

for (const { title, below, run, wanted } of rows) {
  test(`merged: ${title}`, async (t) => {
    const stack = await Promise.all([...(below === undefined ? [] : [below]), ...run].map((layer) => stored(t, layer)))
    const from = below === undefined ? 0 : 1
    const { entries, ref } = await merged(t, stack, from)
    t.deepEqual(await Promise.all([...entries].map((record) => shown(ref, record))), wanted)
    const again = await merged(t, [...stack.slice(0, from), ref], from)
    t.is(again.ref.diffID, ref.diffID, 'merging what is merged changes nothing')
  })
}

test('a content that is not what the index says is refused, small or large', async (t) => {
  for (const size of [10, 1_000_000]) {
    const good = await stored(t, [file('a', 'x'.repeat(size))])
    const bad = await stored(t, [file('a', 'y'.repeat(size))])
    const error = await t.throwsAsync(merged(t, [{ ...good, bytes: bad.bytes }, await stored(t, [])], 0))
    t.like(error, { code: 'DIGEST_MISMATCH' }, `${size}`)
  }
})

async function stored(t: ExecutionContext, members: readonly LayerMember[]): Promise<LayerRef> {
  return (
    await written(
      t,
      members.toSorted((a, b) => compareRecords(a.entry, b.entry)),
    )
  ).ref
}

async function written(t: ExecutionContext, members: Iterable<LayerMember>): Promise<WrittenLayer & { ref: LayerRef }> {
  const tar = join(temporaryDir(t), 'tar')
  const layer = await writeLayer(members, tar, { sync: false })
  return { ...layer, ref: { diffID: layer.diffID, index: indexOf(layer.entries), bytes: { kind: 'tar', file: tar } } }
}

async function merged(t: ExecutionContext, stack: readonly LayerRef[], from: number) {
  const run = mergeRun(stack, from)
  try {
    return await written(t, run.members)
  } finally {
    run.close()
  }
}

/** A record in words, a file with its content. */
async function shown(
  ref: LayerRef,
  { path, type, mode, linkname, devMajor, devMinor, opaque, mtime, xattrs }: LayerEntry,
) {
  const time = mtime === 0n ? '' : ` at ${mtime}`
  const attributes = [...xattrs].map(([name, value]) => ` ${name}=${Buffer.from(value).toString('hex')}`).join('')
  if (type === 'whiteout') return `${opaque ? 'opaque' : 'gone'} ${path}`
  if (type === 'dir') return `dir ${mode.toString(8)} ${path}${opaque ? ' opaque' : ''}`
  if (type === 'file')
    return `file ${path} "${(await collect(createView([ref]).open(path))).toString()}"${time}${attributes}`
  if (type === 'hardlink') return `link ${path} -> ${linkname}`
  if (type === 'symlink') return `symlink ${path} -> ${linkname}`
  return type === 'fifo' ? `fifo ${path}` : `${type} ${path} ${devMajor}:${devMinor}`
}
