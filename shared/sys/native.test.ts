import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'ava'
import {
  flock,
  flockOperations,
  lgetxattr,
  llistxattr,
  lsetxattr,
  mknod,
  mount,
  pipe,
  setns,
  syncfs,
  umount2,
  unshare,
  utimensNs,
} from './native.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'native-'))
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test : test.skip
const reason = isRoot ? '' : ' (skipped: needs root)'

function fresh(name: string): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, '')
  return file
}

test('an attribute comes back with the same bytes, also an empty one and one that is not text', (t) => {
  const file = fresh('attributes')
  const odd = Buffer.from([0, 255, 10, 0])
  lsetxattr(file, 'user.odd', odd)
  lsetxattr(file, 'user.empty', Buffer.alloc(0))
  t.deepEqual(llistxattr(file).toSorted(), ['user.empty', 'user.odd'])
  t.deepEqual(lgetxattr(file, 'user.odd'), odd)
  t.deepEqual(lgetxattr(file, 'user.empty'), Buffer.alloc(0))
})

test('a value read is not changed by the next read', (t) => {
  const file = fresh('two-values')
  lsetxattr(file, 'user.a', Buffer.from('first'))
  lsetxattr(file, 'user.b', Buffer.from('other'))
  const a = lgetxattr(file, 'user.a')
  lgetxattr(file, 'user.b')
  t.is(a?.toString(), 'first')
})

test('an absent attribute is undefined; a filesystem without attributes has none', (t) => {
  t.is(lgetxattr(fresh('plain'), 'user.no'), undefined)
  t.deepEqual(llistxattr(fresh('plain2')), [])
  t.deepEqual(llistxattr('/proc/self/status'), [])
  t.is(lgetxattr('/proc/self/status', 'user.no'), undefined)
})

test('a path may be bytes that are not UTF-8', (t) => {
  const file = Buffer.concat([Buffer.from(folder), Buffer.from([0x2f, 0xff, 0xfe])])
  fs.writeFileSync(file, '')
  lsetxattr(file, 'user.a', Buffer.from('x'))
  t.deepEqual(llistxattr(file), ['user.a'])
  utimensNs(file, 5n)
  t.is(fs.statSync(file, { bigint: true }).mtimeNs, 5n)
})

const failures: readonly [string, () => void, { code: string; syscall?: string }][] = [
  ['llistxattr of nothing', () => llistxattr('/no/such'), { code: 'ENOENT', syscall: 'llistxattr' }],
  ['lgetxattr of nothing', () => lgetxattr('/no/such', 'user.a'), { code: 'ENOENT', syscall: 'lgetxattr' }],
  ['lsetxattr without a namespace', () => lsetxattr(folder, 'plain', Buffer.alloc(1)), { code: 'ENOTSUP' }],
  ['utimensNs of nothing', () => utimensNs('/no/such', 0n), { code: 'ENOENT', syscall: 'utimensat' }],
  ['mount on nothing', () => mount('a', '/no/such', 'tmpfs', 0, null), { code: isRoot ? 'ENOENT' : 'EPERM' }],
  ['umount2 of nothing', () => umount2('/no/such', 0), { code: 'ENOENT', syscall: 'umount2' }],
  ['setns on a bad descriptor', () => setns(-1, 0), { code: 'EBADF', syscall: 'setns' }],
  ['unshare with a bad flag', () => unshare(1), { code: 'EINVAL', syscall: 'unshare' }],
  ['syncfs on a bad descriptor', () => syncfs(-1), { code: 'EBADF', syscall: 'syncfs' }],
  ['a NUL in a path', () => llistxattr('/tmp/a\0b'), { code: 'EINVAL' }],
  ['a path beyond the cap', () => llistxattr('x'.repeat(4096)), { code: 'ENAMETOOLONG' }],
]
for (const [title, act, expected] of failures) {
  test(`${title} is ${expected.code}`, (t) => {
    const error = t.throws<NodeJS.ErrnoException>(act)
    t.like(error, expected)
  })
}

test('an error carries what those of node:fs carry', (t) => {
  const error = t.throws<NodeJS.ErrnoException>(() => llistxattr('/no/such'))
  t.like(error, { code: 'ENOENT', errno: -2, syscall: 'llistxattr', path: '/no/such' })
  t.is(error?.message, "ENOENT: llistxattr '/no/such'")
})

for (const mtime of [0n, 1n, -1n, -1_000_000_001n, 1_700_000_000_123_456_789n]) {
  test(`mtime ${mtime} is set to the nanosecond, on a symlink itself`, (t) => {
    const file = fresh(`time${mtime}`)
    const link = `${file}-link`
    fs.symlinkSync(file, link)
    utimensNs(link, mtime)
    t.is(fs.lstatSync(link, { bigint: true }).mtimeNs, mtime)
    t.is(fs.lstatSync(link, { bigint: true }).atimeNs, mtime)
    t.not(fs.statSync(file, { bigint: true }).mtimeNs, mtime)
  })
}

rootTest(`mknod makes devices with large numbers${reason}`, (t) => {
  const file = path.join(folder, 'device')
  mknod(file, 0o20600, 4095, 70_000)
  const numbers = execFileSync('stat', ['-c', '%t %T %F', file]).toString().trim()
  t.is(numbers, `fff ${(70_000).toString(16)} character special file`)
})

test('mknod makes a fifo', (t) => {
  const file = path.join(folder, 'fifo')
  mknod(file, 0o10600, 0, 0)
  t.true(fs.lstatSync(file).isFIFO())
})

test('an exclusive lock keeps another open file out until it is released', (t) => {
  const file = fresh('lock')
  const [first, second] = [fs.openSync(file, 'r'), fs.openSync(file, 'r')]
  flock(first, flockOperations.exclusive)
  const tryLock = (): void => flock(second, flockOperations.exclusive | flockOperations.nonBlocking)
  t.like(t.throws<NodeJS.ErrnoException>(tryLock), { code: 'EAGAIN' })
  flock(first, flockOperations.unlock)
  t.notThrows(tryLock)
  for (const fd of [first, second]) fs.closeSync(fd)
})

test('a pipe carries bytes, and syncfs accepts an open folder', (t) => {
  const { read, write } = pipe()
  fs.writeSync(write, 'x')
  fs.closeSync(write)
  t.is(fs.readFileSync(read, 'utf8'), 'x')
  fs.closeSync(read)
  const fd = fs.openSync(folder, 'r')
  t.notThrows(() => syncfs(fd))
  fs.closeSync(fd)
})

// The test process itself must stay in its namespaces: a thread of its own does this.
rootTest(`a mount in a private namespace is seen there only, and setns leads back${reason}`, (t) => {
  const target = path.join(folder, 'mnt')
  fs.mkdirSync(target)
  const script = `
    import fs from 'node:fs'
    import * as sys from ${JSON.stringify(path.join(import.meta.dirname, 'native.ts'))}
    const target = ${JSON.stringify(target)}
    const back = fs.openSync('/proc/thread-self/ns/mnt', 'r')
    sys.unshare(sys.cloneFlags.mount)
    sys.mount('none', '/', null, sys.mountFlags.recursive | sys.mountFlags.private, null)
    sys.mount('tmpfs', target, 'tmpfs', 0, 'size=64k')
    fs.writeFileSync(target + '/inside', '')
    const inside = fs.readdirSync(target)
    sys.setns(back, sys.cloneFlags.mount)
    console.log(JSON.stringify([inside, fs.readdirSync(target)]))`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script])
  t.deepEqual(JSON.parse(out.toString()), [['inside'], []])
})
