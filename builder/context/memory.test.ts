import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { memoryFiles, memoryTree } from './memory.ts'

async function read(source: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test('files and the directories above them are there', async (t) => {
  const tree = memoryFiles(
    [
      { path: 'b/c/f', content: Buffer.from('x') },
      { path: 'a', content: Buffer.from(''), mode: 0o755 },
    ],
    7n,
  )
  t.deepEqual(tree.list(''), ['a', 'b'])
  t.deepEqual(tree.list('b/c'), ['f'])
  t.deepEqual(tree.list('a'), [])
  t.deepEqual(tree.list('missing'), [])
  t.like(tree.lstat('b/c/f'), { type: 'file', mode: 0o644, size: 1, mtime: 7n, digest: digestOf('x') })
  t.like(tree.lstat('a'), { mode: 0o755 })
  t.like(tree.lstat('b'), { type: 'dir', mode: 0o755 })
  t.is(await tree.digest('b/c/f'), digestOf('x'))
  t.is(await read(tree.open('b/c/f')), 'x')
  t.is(await read(tree.open('a')), '')
})

test('an empty context has a root and nothing in it', (t) => {
  const tree = memoryFiles([], 0n)
  t.like(tree.lstat(''), { path: '', type: 'dir' })
  t.deepEqual(tree.list(''), [])
})

test('entries replace implied directories, and closing releases', (t) => {
  let released = 0
  const members = [
    blankEntry('d/f', 'fifo'),
    blankEntry('d', 'dir', { mode: 0o700 }),
    blankEntry('', 'dir', { mode: 0o711 }),
  ]
  const tree = memoryTree(
    members.map((entry) => ({ entry })),
    () => released++,
  )
  t.is(tree.lstat('d')?.mode, 0o700)
  t.is(tree.lstat('')?.mode, 0o711)
  t.deepEqual(tree.list('d'), ['f'])
  tree.close()
  t.is(released, 1)
})
