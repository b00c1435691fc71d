import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { isIbuildError } from '../../shared/base/errors.ts'
import { writeFile } from './write-file.ts'

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'write-file-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a file is made with the folders above it, or replaced', async (t) => {
  const folder = folderFor(t)
  const file = join(folder, 'a/b/file')
  await writeFile(file, Buffer.from('first'))
  await writeFile(file, Buffer.from('second'))
  t.is(readFileSync(file, 'utf8'), 'second')
  t.deepEqual(readdirSync(join(folder, 'a/b')), ['file'])
})

test('an error of what is read passes, and the old file stays', async (t) => {
  const folder = folderFor(t)
  const file = join(folder, 'file')
  writeFileSync(file, 'old')
  async function* missing(): AsyncGenerator<Uint8Array> {
    yield* createReadStream('/nowhere/at/all')
  }
  await t.throwsAsync(writeFile(file, missing()), { code: 'ENOENT' })
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('new')
    throw new Error('a layer is damaged')
  }
  await t.throwsAsync(writeFile(file, broken()), { message: 'a layer is damaged' })
  t.is(readFileSync(file, 'utf8'), 'old')
  t.deepEqual(readdirSync(folder), ['file'])
})

const places: [title: string, prepare: (folder: string) => string][] = [
  ['a folder', (folder) => folder],
  ['a file as a folder', (folder) => join(folder, 'file/below')],
  ['a link that leads to itself', (folder) => link(join(folder, 'loop'), 'loop')],
  ['a name that is too long', (folder) => join(folder, 'n'.repeat(300))],
  ['a folder where nothing can be made', () => '/proc/nothing/file'],
]

function link(path: string, target: string): string {
  symlinkSync(target, path)
  return path
}

for (const [title, prepare] of places) {
  test(`${title} is USAGE`, async (t) => {
    const folder = folderFor(t)
    writeFileSync(join(folder, 'file'), '')
    const error = await t.throwsAsync(writeFile(prepare(folder), Buffer.from('x')))
    t.true(isIbuildError(error, 'USAGE'), String(error))
    t.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.partial')),
      [],
    )
  })
}

test('a link that leads nowhere yet is followed or replaced, never left beside a half file', async (t) => {
  const folder = folderFor(t)
  mkdirSync(join(folder, 'there'))
  const path = link(join(folder, 'link'), 'there/file')
  await writeFile(path, Buffer.from('x'))
  t.is(readFileSync(path, 'utf8'), 'x')
})
