import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { open, place, read, settle } from './testing/places.ts'

function replace(make: (file: string) => void): (file: string) => void {
  return (file) => {
    rmSync(file)
    make(file)
  }
}

const changes: readonly [string, (file: string) => void][] = [
  ['grows', (file) => appendFileSync(file, 'more')],
  ['is rewritten', (file) => writeFileSync(file, 'other')],
  ['goes', (file) => rmSync(file)],
  ['becomes a link', replace((file) => symlinkSync('/etc/passwd', file))],
  ['becomes a fifo', replace((file) => execFileSync('mkfifo', [file]))],
  ['becomes a directory', replace((file) => mkdirSync(file))],
]

for (const [what, change] of changes) {
  test(`a file that ${what} before it is read is CONTEXT_CHANGED`, async (t) => {
    const at = place(t, { a: 'first' })
    await settle()
    const tree = open(at)
    t.is(tree.lstat('a')?.size, 5)
    change(join(at.root, 'a'))
    await t.throwsAsync(tree.digest('a'), { instanceOf: IbuildError, code: 'CONTEXT_CHANGED', message: /"a"/ })
  })

  test(`a remembered file that ${what} before it is copied is CONTEXT_CHANGED`, async (t) => {
    const at = place(t, { a: 'first' })
    await settle()
    const first = open(at)
    await first.digest('a')
    first.close()
    const tree = open(at)
    t.is(tree.lstat('a')?.digest, digestOf('first'))
    change(join(at.root, 'a'))
    await t.throwsAsync(read(tree, 'a'), { instanceOf: IbuildError, code: 'CONTEXT_CHANGED' })
  })
}

test('a large file that changes while it is read is CONTEXT_CHANGED at the end', async (t) => {
  const at = place(t, { big: 'x'.repeat(5 * 1024 * 1024) })
  await settle()
  const tree = open(at)
  await tree.digest('big')
  const reading = async (): Promise<void> => {
    let pieces = 0
    for await (const piece of tree.open('big')) {
      if (pieces++ === 0) writeFileSync(join(at.root, 'big'), 'y'.repeat(5 * 1024 * 1024))
      t.true(piece.length > 0)
    }
  }
  await t.throwsAsync(reading, { code: 'CONTEXT_CHANGED' })
})

test('a fresh file that changes within the clock tick after it was hashed is CONTEXT_CHANGED', async (t) => {
  for (let round = 0; round < 20; round++) {
    const at = place(t, { a: 'aaaa' })
    const tree = open(at)
    await tree.digest('a')
    writeFileSync(join(at.root, 'a'), 'bbbb')
    utimesSync(join(at.root, 'a'), 1, 1)
    await t.throwsAsync(read(tree, 'a'), { code: 'CONTEXT_CHANGED' })
  }
})
