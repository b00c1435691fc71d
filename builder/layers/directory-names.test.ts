import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { sortedNames } from './directory-names.ts'

test('names come in the order of their bytes, whatever they are', (t) => {
  const folder = temporaryFolder(t)
  const names = ['b', 'a', 'a-b', 'a.b', 'aB', '\xff\xfe', '\xc3\xa9', ' ']
  for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]), '')
  t.deepEqual([...sortedNames(folder, { folder: undefined })], names.sort())
})

test('a folder whose path is not ASCII is read as well', (t) => {
  const folder = join(temporaryFolder(t), 'caf\u00e9')
  mkdirSync(folder)
  writeFileSync(join(folder, 'x'), '')
  t.deepEqual([...sortedNames(Buffer.from(folder).toString('latin1'), { folder: undefined })], ['x'])
})

test('many names come sorted, and the folder for runs is left as it was', (t) => {
  const [folder, runs] = [temporaryFolder(t), temporaryFolder(t)]
  const count = 12_000
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `${i % 7}-a-name-that-makes-the-directory-large-${i}`), '')
  const names = [...sortedNames(folder, { folder: runs })]
  t.is(names.length, count)
  t.deepEqual(names, readdirSync(folder).sort())
  t.deepEqual(readdirSync(runs), [])
})

test('a folder that is not there is the error of the filesystem', (t) => {
  t.throws(() => [...sortedNames(join(temporaryFolder(t), 'none'), { folder: undefined })], { code: 'ENOENT' })
})
