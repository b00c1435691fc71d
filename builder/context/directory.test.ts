import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { lsetxattr } from '../../shared/sys/native.ts'
import { open, place, read, remembered, settle, walk } from './testing/places.ts'

test('entries tell type, mode, time and link, and belong to root', async (t) => {
  const at = place(t, { 'dir/file': 'hello', 'dir/twin': '' })
  chmodSync(join(at.root, 'dir/file'), 0o4751)
  chmodSync(join(at.root, 'dir'), 0o1770)
  rmSync(join(at.root, 'dir/twin'))
  linkSync(join(at.root, 'dir/file'), join(at.root, 'dir/twin'))
  symlinkSync('/etc/passwd', join(at.root, 'link'))
  execFileSync('mkfifo', ['-m', '620', join(at.root, 'pipe')])
  execFileSync('touch', ['-d', '2001-02-03T04:05:06.123456789Z', join(at.root, 'dir/file')])
  lutimesSync(join(at.root, 'link'), 5, 7)
  const tree = open(at)
  t.deepEqual(walk(tree), ['dir', 'dir/file', 'dir/twin', 'link', 'pipe'])
  const file = tree.lstat('dir/file')
  t.like(file, {
    path: 'dir/file',
    type: 'file',
    mode: 0o4751,
    uid: 0,
    gid: 0,
    size: 5,
    mtime: 981173106123456789n,
    linkname: '',
  })
  t.like(tree.lstat('dir'), { type: 'dir', mode: 0o1770, size: 0 })
  t.like(tree.lstat('link'), { type: 'symlink', linkname: '/etc/passwd', mtime: 7_000_000_000n, size: 0 })
  t.like(tree.lstat('pipe'), { type: 'fifo', mode: 0o620, size: 0 })
  t.like(tree.lstat(''), { path: '', type: 'dir' })
  t.is(tree.linkGroup('dir/file'), tree.linkGroup('dir/twin'))
  t.truthy(tree.linkGroup('dir/file'))
  t.is(tree.linkGroup('link'), undefined)
  t.is(await tree.digest('dir/file'), digestOf('hello'))
  t.is(tree.lstat('dir/file')?.digest, digestOf('hello'))
  t.is(await read(tree, 'dir/twin'), 'hello')
})

test('names need not be UTF-8', async (t) => {
  const at = place(t)
  const name = Buffer.from([0x61, 0xff, 0xc3, 0xa9])
  const inDirectory = Buffer.concat([Buffer.from(`${at.root}/`), name])
  mkdirSync(inDirectory)
  writeFileSync(Buffer.concat([inDirectory, Buffer.from('/'), name]), 'x')
  symlinkSync(name, join(at.root, 'l'))
  const latin = name.toString('latin1')
  const tree = open(at)
  t.deepEqual(walk(tree), [latin, `${latin}/${latin}`, 'l'])
  t.is(await read(tree, `${latin}/${latin}`), 'x')
  t.is(tree.lstat('l')?.linkname, latin)
})

test('what lies behind a link or a file is not there', (t) => {
  const at = place(t, { 'dir/file': 'x' })
  symlinkSync('dir', join(at.root, 'link'))
  symlinkSync('/etc', join(at.root, 'out'))
  const tree = open(at)
  for (const path of ['link/file', 'out/passwd', 'dir/file/x', 'missing', 'missing/x']) {
    t.is(tree.lstat(path), undefined, path)
    t.deepEqual(tree.list(path), [], path)
  }
  t.deepEqual(tree.list('link'), [])
})

test('sockets are left out', async (t) => {
  const at = place(t, { file: '' })
  const server = createServer().listen(join(at.root, 'socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const tree = open(at)
  t.deepEqual(tree.list(''), ['file'])
  t.is(tree.lstat('socket'), undefined)
})

test('ignored paths are not there, their directories only for what is included again', (t) => {
  const files = {
    '.dockerignore': 'node_modules\n*.log\n!node_modules/keep/**\nempty\n!empty/nothing',
    'a.log': '',
    'a.txt': '',
    'node_modules/x/y': '',
    'node_modules/keep/z': '',
    'sub/b.log': '',
    'empty/x': '',
  }
  const tree = open(place(t, files))
  t.deepEqual(walk(tree), [
    '.dockerignore',
    'a.txt',
    'node_modules',
    'node_modules/keep',
    'node_modules/keep/z',
    'sub',
    'sub/b.log',
  ])
  t.is(tree.lstat('a.log'), undefined)
  t.is(tree.lstat('node_modules/x'), undefined)
  t.is(tree.lstat('empty'), undefined)
  t.is(tree.lstat('node_modules/keep/z')?.type, 'file')
  t.deepEqual(tree.describeIgnored('a.log'), { file: '.dockerignore', line: 2, pattern: '*.log' })
  t.deepEqual(tree.describeIgnored('node_modules/x/y'), { file: '.dockerignore', line: 1, pattern: 'node_modules' })
  t.is(tree.describeIgnored('a.txt'), undefined)
})

test('the ignore file beside the Dockerfile wins, and stands for all', (t) => {
  const at = place(t, {
    '.dockerignore': 'a',
    'sub/my.Dockerfile': '',
    'sub/my.Dockerfile.dockerignore': 'b',
    a: '',
    b: '',
    c: '',
  })
  const names = (dockerfile?: string): readonly string[] =>
    open(at, dockerfile)
      .list('')
      .filter((name) => name.length === 1)
  t.deepEqual(names(), ['b', 'c'])
  t.deepEqual(names(join(at.root, 'Dockerfile')), ['b', 'c'])
  t.deepEqual(names(join(at.root, 'sub/my.Dockerfile')), ['a', 'c'])
  t.is(open(at, join(at.root, 'sub/my.Dockerfile')).describeIgnored('b')?.file, 'my.Dockerfile.dockerignore')
})

test('a .containerignore counts where there is no .dockerignore', (t) => {
  const at = place(t, { '.containerignore': 'a', a: '', b: '' })
  t.deepEqual(open(at).list(''), ['.containerignore', 'b'])
  writeFileSync(join(at.root, '.dockerignore'), 'b')
  t.deepEqual(open(at).list(''), ['.containerignore', '.dockerignore', 'a'])
})

test('settled files are remembered with their digest, whatever else changes', async (t) => {
  const at = place(t, { a: '1', b: '2', 'sub/c': '3' })
  await settle()
  const first = open(at)
  for (const path of walk(first)) if (first.lstat(path)?.type === 'file') await first.digest(path)
  first.close()
  writeFileSync(join(at.root, 'b'), '9')
  const second = open(at)
  t.is(second.lstat('a')?.digest, digestOf('1'))
  t.is(second.lstat('b')?.digest, undefined)
  t.is(await second.digest('b'), digestOf('9'))
  t.is(second.lstat('sub/c')?.digest, digestOf('3'))
  t.is(await read(second, 'sub/c'), '3')
})

test('a file rewritten with the same size and time within the clock tick is hashed again', async (t) => {
  for (let round = 0; round < 40; round++) {
    const at = place(t, { a: 'aaaa' })
    utimesSync(join(at.root, 'a'), 1, 1)
    const first = open(at)
    t.is(await first.digest('a'), digestOf('aaaa'))
    first.close()
    writeFileSync(join(at.root, 'a'), 'bbbb')
    utimesSync(join(at.root, 'a'), 1, 1)
    const second = open(at)
    t.is(await second.digest('a'), digestOf('bbbb'))
    t.is(await read(second, 'a'), 'bbbb')
  }
})

test('a settled file rewritten with the same size and time is hashed again', async (t) => {
  const at = place(t, { a: 'aaaa' })
  utimesSync(join(at.root, 'a'), 1, 1)
  await settle()
  const first = open(at)
  await first.digest('a')
  first.close()
  writeFileSync(join(at.root, 'a'), 'bbbb')
  utimesSync(join(at.root, 'a'), 1, 1)
  t.is(open(at).lstat('a')?.digest, undefined)
})

test('a file that another one takes the place of is hashed again', async (t) => {
  const at = place(t, { a: 'aaaa', b: 'bbbb' })
  for (const name of ['a', 'b']) utimesSync(join(at.root, name), 1, 1)
  await settle()
  const first = open(at)
  await first.digest('a')
  await first.digest('b')
  first.close()
  renameSync(join(at.root, 'b'), join(at.root, 'a'))
  t.is(await open(at).digest('a'), digestOf('bbbb'))
})

test('large files are hashed and read whole, and a reader may stop', async (t) => {
  const content = 'abcdefgh'.repeat(500_000)
  const at = place(t, { big: content })
  const tree = open(at)
  t.is(await tree.digest('big'), digestOf(content))
  t.is((await read(tree, 'big')).length, content.length)
  for await (const piece of tree.open('big')) {
    t.true(piece.length < content.length)
    break
  }
})

test('a file that may not be read is told by name', (t) => {
  const at = place(t, { secret: 'x', 'closed/file': 'x' })
  chmodSync(join(at.root, 'secret'), 0)
  chmodSync(join(at.root, 'closed'), 0)
  chmodSync(join(at.root, '..'), 0o755)
  const script = `
    const { openDirectoryContext } = await import(${JSON.stringify(new URL('./directory.ts', import.meta.url).href)})
    const { llistxattr } = await import(${JSON.stringify(new URL('../../shared/sys/native.ts', import.meta.url).href)})
    llistxattr('/') // loaded now: the folder of the repository may be closed to other users
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534) }
    const tree = openDirectoryContext({ root: ${JSON.stringify(at.root)}, dockerfile: undefined, hashCacheFile: '/nonexistent/cache' })
    for (const work of [() => tree.digest('secret'), () => tree.list('closed')]) {
      try { await work(); console.log('no error') } catch (error) { console.log(error.code, error.message) }
    }
    tree.close()`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  t.deepEqual(
    result.stdout.trim().split('\n'),
    [
      'CONTEXT_INVALID no permission to read "secret" of the build context',
      'CONTEXT_INVALID no permission to read "closed" of the build context',
    ],
    result.stderr,
  )
})

test('a context that is missing or no directory is CONTEXT_INVALID', (t) => {
  const at = place(t, { file: '' })
  for (const [root, message] of [
    ['missing', /no such directory/],
    ['file', /not a directory/],
    ['file/x', /ENOTDIR/],
  ] as const) {
    t.throws(() => open({ ...at, root: join(at.root, root) }), {
      instanceOf: IbuildError,
      code: 'CONTEXT_INVALID',
      message,
    })
  }
})

test('a link to a context directory is followed', (t) => {
  const at = place(t, { file: '' })
  symlinkSync(at.root, `${at.root}-link`)
  t.deepEqual(open({ ...at, root: `${at.root}-link` }).list(''), ['file'])
})

test('attributes that images carry are kept and remembered, others are not', async (t) => {
  const at = place(t, { a: '', b: '' })
  try {
    lsetxattr(join(at.root, 'a'), 'user.note', Buffer.from([0, 255, 10]))
    lsetxattr(join(at.root, 'a'), 'trusted.x', Buffer.from('x'))
  } catch (error) {
    t.log(`the filesystem of the temporary directory refuses extended attributes: ${String(error)}`)
    t.pass()
    return
  }
  await settle()
  const expected = [['user.note', Buffer.from([0, 255, 10])]]
  const first = open(at)
  t.deepEqual([...(first.lstat('a')?.xattrs ?? [])], expected)
  t.is(first.lstat('b')?.xattrs.size, 0)
  first.close()
  t.is(remembered(at).filter(({ xattrs }) => xattrs.size > 0).length, 1)
  t.deepEqual(
    [...(open(at).lstat('a')?.xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value)]),
    expected,
  )
})

test('records of files that went are dropped, of those that were not looked at are kept', async (t) => {
  const at = place(t, { 'gone/a': '', 'gone/b': '', 'kept/a': '', 'kept/b': '', x: '' })
  await settle()
  const first = open(at)
  for (const path of ['gone/a', 'gone/b', 'kept/a', 'kept/b', 'x']) await first.digest(path)
  first.list('')
  first.close()
  t.is(remembered(at).length, 8)
  rmSync(join(at.root, 'gone'), { recursive: true })
  writeFileSync(join(at.root, 'x'), 'new')
  await settle()
  const second = open(at)
  second.list('')
  await second.digest('x')
  second.close()
  t.deepEqual(
    remembered(at).map(({ path }) => path),
    ['', 'kept', 'x', 'kept/a', 'kept/b'],
  )
})

test('many files are hashed by several threads, and what they cannot read is told', async (t) => {
  const names = Array.from({ length: 1200 }, (_, i) => `d${i % 7}/f${i}`)
  const at = place(t, { ...Object.fromEntries(names.map((name) => [name, name])), big: 'b'.repeat(3_000_000) })
  await settle()
  const tree = open(at)
  await tree.digestBelow?.('')
  for (const name of names) t.is(tree.lstat(name)?.digest, digestOf(name))
  t.is(tree.lstat('big')?.digest, digestOf('b'.repeat(3_000_000)))
  tree.close()
  t.is(open(at).lstat('d1/f1')?.digest, digestOf('d1/f1'))
  const changed = open({ ...at, cache: `${at.cache}2` })
  for (const name of names) changed.lstat(name)
  writeFileSync(join(at.root, 'd3/f3'), 'other')
  await t.throwsAsync(async () => changed.digestBelow?.(''), { code: 'CONTEXT_CHANGED', message: /d3\/f3/ })
})
