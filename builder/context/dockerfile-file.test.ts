import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import { findDockerfile } from './dockerfile-file.ts'

/** A context `root` with files (content is the name), beside a folder `cwd`. */
function setUp(
  t: ExecutionContext,
  inRoot: readonly string[],
  inCwd: readonly string[] = [],
): { root: string; cwd: string } {
  const dir = temporaryDir(t)
  const at = { root: join(dir, 'root'), cwd: join(dir, 'cwd') }
  for (const [folder, names] of [
    [at.root, inRoot],
    [at.cwd, inCwd],
  ] as const) {
    mkdirSync(folder)
    for (const name of names) {
      mkdirSync(join(folder, name, '..'), { recursive: true })
      writeFileSync(join(folder, name), `${folder === at.root ? 'root' : 'cwd'}:${name}`)
    }
  }
  return at
}

interface Row {
  readonly root: readonly string[]
  readonly cwd?: readonly string[]
  readonly file?: string
  readonly found: string
}

const rows: readonly Row[] = [
  { root: ['Dockerfile', 'dockerfile', 'Containerfile'], found: 'root:Dockerfile' },
  { root: ['dockerfile', 'Containerfile'], found: 'root:dockerfile' },
  { root: ['Containerfile'], found: 'root:Containerfile' },
  { root: ['Dockerfile'], cwd: ['Dockerfile'], found: 'root:Dockerfile' },
  { root: ['Dockerfile'], cwd: ['Dockerfile'], file: 'Dockerfile', found: 'cwd:Dockerfile' },
  { root: ['a/my'], cwd: ['a/my'], file: 'a/my', found: 'cwd:a/my' },
  { root: ['a/my'], file: 'a/my', found: 'root:a/my' },
  { root: [], cwd: ['b'], file: '../cwd/b', found: 'cwd:b' },
  { root: ['sub/dockerfile'], file: 'sub/Dockerfile', found: 'root:sub/dockerfile' },
]

for (const row of rows) {
  test(`${row.file ?? 'default'} with ${row.root.join(', ')} | ${row.cwd?.join(', ') ?? ''} is ${row.found}`, (t) => {
    const found = findDockerfile({ ...setUp(t, row.root, row.cwd), file: row.file })
    t.is(Buffer.from(found.bytes).toString(), row.found)
    t.truthy(found.path)
  })
}

test('an absolute path and a link are taken', (t) => {
  const at = setUp(t, ['x'])
  symlinkSync('x', join(at.root, 'Dockerfile'))
  t.is(Buffer.from(findDockerfile({ ...at, file: undefined }).bytes).toString(), 'root:x')
  t.is(Buffer.from(findDockerfile({ ...at, file: join(at.root, 'x') }).bytes).toString(), 'root:x')
  t.is(findDockerfile({ ...at, file: join(at.root, 'x') }).name, 'x')
})

test('a missing Dockerfile is told with what is there instead', (t) => {
  const at = setUp(t, ['Dockerfile.dev', 'Dockerfil', 'Dockerfile.dockerignore', 'other'])
  const error = t.throws(() => findDockerfile({ ...at, file: undefined }), { instanceOf: IbuildError })
  t.is(error?.code, 'CONTEXT_INVALID')
  t.regex(error?.message ?? '', /no Dockerfile in /)
  t.is(error?.hint, 'There is Dockerfil, Dockerfile.dev: name it with -f.')
  const named = t.throws(() => findDockerfile({ ...at, file: join(at.root, 'othr') }), { instanceOf: IbuildError })
  t.regex(named?.hint ?? '', /other/)
})

test('a directory is no Dockerfile', (t) => {
  const at = setUp(t, ['Dockerfile/x'])
  t.throws(() => findDockerfile({ ...at, file: undefined }), { code: 'CONTEXT_INVALID', message: /not a regular file/ })
})
