import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { makeDataRoot } from './data-root.ts'

test('a data folder is made with those above it, for its owner alone', async (t) => {
  const folder = temporaryFolder(t)
  await makeDataRoot(join(folder, 'a/b/c'))
  t.is(statSync(join(folder, 'a/b/c')).mode & 0o777, 0o700)
})

test('one that is there stays as it is', async (t) => {
  const folder = join(temporaryFolder(t), 'a')
  mkdirSync(folder, { mode: 0o755 })
  await makeDataRoot(folder)
  t.is(statSync(folder).mode & 0o777, 0o755)
})

test('a file, and what cannot be made, are told', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  for (const [root, errno] of [
    [file, 'EEXIST'],
    [join(file, 'below'), 'EEXIST'],
    ['/proc/nowhere/data', 'ENOENT'],
  ] as const) {
    const error = await t.throwsAsync(makeDataRoot(root), { code: 'STORE_INVALID' })
    t.true(error?.message.includes(`${root} cannot be the data folder (${errno})`), error?.message)
  }
})
