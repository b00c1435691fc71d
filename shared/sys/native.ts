import { cString, type NativePath, nativeError, nativeFunction } from './libc.ts'

export { listXattrs as llistxattr, readXattr as lgetxattr, writeXattr as lsetxattr } from './xattr.ts'

/** Flags of mount(2). */
export const mountFlags = {
  readonly: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  remount: 32,
  bind: 4096,
  move: 8192,
  recursive: 16384,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
} as const

/** Flags of umount2(2). */
export const umountFlags = { force: 1, detach: 2, noFollow: 8 } as const

/** Flags of unshare(2), and but for the first of setns(2). `workingDirectory` is the root and the umask as well. */
export const cloneFlags = {
  workingDirectory: 0x0000_0200,
  mount: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  network: 0x4000_0000,
} as const

/** Operations of flock(2); `nonBlocking` is added to one of the others. */
export const flockOperations = { shared: 1, exclusive: 2, nonBlocking: 4, unlock: 8 } as const

const cMount = nativeFunction('mount', 'int', ['void *', 'void *', 'void *', 'ulong', 'void *'])
const cUmount = nativeFunction('umount2', 'int', ['void *', 'int'])
const cUnshare = nativeFunction('unshare', 'int', ['int'])
const cSetns = nativeFunction('setns', 'int', ['int', 'int'])
const cMknod = nativeFunction('mknod', 'int', ['void *', 'uint', 'uint64'])
const cUtimensat = nativeFunction('utimensat', 'int', ['int', 'void *', 'void *', 'int'])
const cFlock = nativeFunction('flock', 'int', ['int', 'int'])
const cSyncfs = nativeFunction('syncfs', 'int', ['int'])
const cPipe = nativeFunction('pipe2', 'int', ['void *', 'int'])

const cFchdir = nativeFunction('fchdir', 'int', ['int'])
const cChroot = nativeFunction('chroot', 'int', ['void *'])

const cMemfd = nativeFunction('memfd_create', 'int', ['void *', 'uint'])
const cFcntl = nativeFunction('fcntl', 'int', ['int', 'int', '...'])
const cEventfd = nativeFunction('eventfd', 'int', ['uint', 'int'])

const atFdcwd = -100
const atSymlinkNofollow = 0x100
const openCloexec = 0o2000000
const openNonblock = 0o4000

/** mount(2). `data` are the options of the filesystem: at most one page less a byte, else EINVAL. */
export function mount(
  source: NativePath,
  target: NativePath,
  fstype: string | null,
  flags: number,
  data: NativePath | null,
): void {
  const type = fstype === null ? null : cString(fstype)
  const options = data === null ? null : cString(data)
  if (cMount(cString(source), cString(target), type, flags, options) < 0) throw nativeError('mount', source, target)
}

/** umount2(2) with {@link umountFlags}. */
export function umount2(target: NativePath, flags: number): void {
  if (cUmount(cString(target), flags) < 0) throw nativeError('umount2', target)
}

/**
 * unshare(2): moves the calling thread into new namespaces. With a mount namespace the thread also gets a working
 * directory and umask of its own.
 */
export function unshare(flags: number): void {
  if (cUnshare(flags) < 0) throw nativeError('unshare')
}

/** setns(2): moves the calling thread into the namespace that `fd` is open on. */
export function setns(fd: number, nstype: number): void {
  if (cSetns(fd, nstype) < 0) throw nativeError('setns')
}

/** mknod(2). `mode` is the type (S_IFCHR, S_IFBLK, S_IFIFO) and the permission bits; the umask applies. */
export function mknod(path: NativePath, mode: number, major: number, minor: number): void {
  if (cMknod(cString(path), mode, deviceNumber(major, minor)) < 0) throw nativeError('mknod', path)
}

function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xffff_f000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffff_ff00n) << 12n) | (low & 0xffn)
}

const times = new BigInt64Array(4)

/** Sets access and modification time of `path` itself (a symlink is not followed), nanoseconds since the epoch. */
export function utimensNs(path: NativePath, mtimeNs: bigint): void {
  const nanoseconds = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  times[0] = times[2] = (mtimeNs - nanoseconds) / 1_000_000_000n
  times[1] = times[3] = nanoseconds
  if (cUtimensat(atFdcwd, cString(path), times, atSymlinkNofollow) < 0) throw nativeError('utimensat', path)
}

/** flock(2) with {@link flockOperations}; EAGAIN when `nonBlocking` and another holds it. */
export function flock(fd: number, operation: number): void {
  if (cFlock(fd, operation) < 0) throw nativeError('flock')
}

/** syncfs(2): returns when all that was written to the filesystem of `fd` is on disk. */
export function syncfs(fd: number): void {
  if (cSyncfs(fd) < 0) throw nativeError('syncfs')
}

/** pipe2(2): a pipe that programs started later do not inherit. The caller closes both ends. */
export function pipe(): { readonly read: number; readonly write: number } {
  const fds = new Int32Array(2)
  if (cPipe(fds, openCloexec) < 0) throw nativeError('pipe2')
  return { read: fds[0] ?? -1, write: fds[1] ?? -1 }
}

/** fchdir(2): the calling thread's working directory, which Node itself only lets the main thread change. */
export function fchdir(fd: number): void {
  if (cFchdir(fd) < 0) throw nativeError('fchdir')
}

/** chroot(2). */
export function chroot(path: NativePath): void {
  if (cChroot(cString(path)) < 0) throw nativeError('chroot', path)
}

/** eventfd(2): a counter that the kernel adds to; reading gives it as 8 bytes, or EAGAIN when it is zero. */
export function eventfd(): number {
  const fd = cEventfd(0, openCloexec | openNonblock)
  if (fd < 0) throw nativeError('eventfd')
  return fd
}

const memfdFlags = { cloexec: 1, sealable: 2, executable: 16 } as const

/**
 * memfd_create(2): a file in memory that can be executed and sealed; programs started later do not inherit it. `name` is
 * for people.
 */
export function memfd(name: string): number {
  const flags = memfdFlags.cloexec | memfdFlags.sealable
  const fd = cMemfd(cString(name), flags | memfdFlags.executable)
  if (fd >= 0) return fd
  const old = cMemfd(cString(name), flags) // kernels before 6.3 do not know that flag and need none
  if (old < 0) throw nativeError('memfd_create')
  return old
}

/** What can no longer be done to a sealed file. */
export const seals = { seal: 1, shrink: 2, grow: 4, write: 8 } as const

const addSealsCommand = 1033

/** fcntl(2) F_ADD_SEALS with {@link seals}. */
export function addSeals(fd: number, flags: number): void {
  if (cFcntl(fd, addSealsCommand, 'int', flags) < 0) throw nativeError('fcntl')
}
