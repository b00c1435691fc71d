import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { joinPath, type LayerEntry, type LayerPath } from '../layers/entry.ts'
import { withPoolMemory } from '../layers/page-pool.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import type { ArchiveMember, OpenArchive } from './archive.ts'
import { ArchiveTree } from './archive-tree.ts'

const path = fc
  .array(fc.constantFrom('a', 'b', 'c', '\xff', 'a-'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
const members = fc.array(
  fc
    .record({ type: fc.constantFrom('file', 'dir', 'symlink', 'hardlink', 'file', 'hardlink'), path, link: path })
    .map(({ type, path, link }): ArchiveMember => {
      if (type === 'file')
        return { entry: blankEntry(path, 'file', { size: 3, uid: 7, digest: digestOf(link) }), start: link.length }
      if (type === 'dir') return { entry: blankEntry(path, 'dir', { mode: 0o700, gid: 5 }), start: undefined }
      return {
        entry: blankEntry(path, type === 'symlink' ? 'symlink' : 'hardlink', { linkname: link }),
        start: undefined,
      }
    }),
  { maxLength: 40 },
)

function archiveOf(some: readonly ArchiveMember[]): OpenArchive {
  const read = (start: number, size: number): Uint8Array => Buffer.from(`${start} ${size}`)
  return { members: some, length: some.length, read, close: () => undefined }
}

interface Shown {
  readonly entry: LayerEntry
  readonly group: string | undefined
  readonly content: string | undefined
}

/** All of a tree, or why it cannot be. */
function shown(tree: ArchiveTree, some: readonly ArchiveMember[]): Shown[] | string {
  try {
    for (const member of some) tree.add(member)
    const show = (entry: LayerEntry): Shown => ({
      entry,
      group: tree.linkGroup(entry.path),
      content: tree.read(entry.path)?.toString(),
    })
    return [...tree.walk('')].map(show)
  } catch (error) {
    if (isIbuildError(error)) return error.message
    throw error
  }
}

function* listed(tree: ArchiveTree, directory: LayerPath): Generator<LayerEntry | undefined> {
  for (const name of tree.list(directory)) {
    yield tree.lstat(joinPath(directory, name))
    yield* listed(tree, joinPath(directory, name))
  }
}

test('a walk gives what listing one directory after the other does, also when there is hardly any memory', (t) => {
  const folder = temporaryDir(t)
  let trees = 0
  fc.assert(
    fc.property(members, (some) => {
      const [plain, paged] = [new ArchiveTree(archiveOf(some), folder), new ArchiveTree(archiveOf(some), folder)]
      const expected = shown(plain, some)
      withPoolMemory(0, () => {
        t.deepEqual(shown(paged, some), expected)
        if (typeof expected === 'string') return
        trees++
        const entries = expected.map(({ entry }) => entry)
        t.deepEqual([...listed(plain, '')], entries)
        t.deepEqual([...listed(paged, '')], entries)
        t.true(entries.every(({ uid, gid }) => uid === 0 && gid === 0))
        const inA = entries.filter((entry) => entry.path.startsWith('a/'))
        t.deepEqual([...paged.walk('a')], inA)
      })
      plain.close()
      paged.close()
    }),
    { numRuns: 200 },
  )
  t.true(trees > 20, `${trees}`)
})

test('names of one file share a group until one becomes another file', (t) => {
  const file = (path: string, start: number): ArchiveMember => ({ entry: blankEntry(path, 'file', { size: 1 }), start })
  const link = (path: string, linkname: string): ArchiveMember => ({
    entry: blankEntry(path, 'hardlink', { linkname }),
    start: undefined,
  })
  const tree = new ArchiveTree(archiveOf([]), temporaryDir(t))
  for (const member of [file('a', 1), link('b', 'a'), file('a', 2), link('c', 'a'), link('d', 'b')]) tree.add(member)
  t.is(tree.linkGroup('b'), tree.linkGroup('d'))
  t.is(tree.linkGroup('a'), tree.linkGroup('c'))
  t.not(tree.linkGroup('a'), tree.linkGroup('b'))
  t.is(tree.read('d')?.toString(), '1 1')
  t.is(tree.read('c')?.toString(), '2 1')
  tree.close()
})

test('an archive that replaces its own directories without end is refused', (t) => {
  const tree = new ArchiveTree(archiveOf([]), temporaryDir(t))
  const inside = { entry: blankEntry('d/x', 'fifo'), start: undefined }
  t.throws(
    () => {
      for (let i = 0; i < 2000; i++) {
        tree.add({ entry: blankEntry('d', 'dir'), start: undefined })
        tree.add(inside)
        tree.add({ entry: blankEntry('d', 'fifo'), start: undefined })
      }
    },
    { message: /too many of its own directories/ },
  )
  tree.close()
})
