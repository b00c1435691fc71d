import fs from 'node:fs'
import { chroot, cloneFlags, fchdir, mount, mountFlags, setns, unshare } from '../../shared/sys/native.ts'

/**
 * Runs `act` with the calling thread in a new mount namespace, from which nothing propagates, and with its next child in
 * a new pid namespace; then leads the thread back to where it was. A process that `act` starts stays behind: when it
 * ends, so do all mounts that `act` made. `act` must be synchronous and start no thread. Needs CAP_SYS_ADMIN.
 *
 * The calling thread gets a working directory and umask of its own by this, for good: call it in a thread of its own, or
 * in a process that changes neither.
 */
export function inPrivateNamespace<T>(act: () => T): T {
  using back = rememberPlace()
  unshare(cloneFlags.mount | cloneFlags.pid)
  try {
    mount('none', '/', null, mountFlags.recursive | mountFlags.private, null)
    return act()
  } finally {
    back.goBack()
  }
}

interface Place extends Disposable {
  goBack(): void
}

/** setns(2) moves root and working directory to the root of the namespace's tree, so these are remembered as well. */
function rememberPlace(): Place {
  const flags = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY
  const fds: number[] = []
  const open = (path: string, how: number = fs.constants.O_RDONLY): number => {
    const fd = fs.openSync(path, how)
    fds.push(fd)
    return fd
  }
  const root = open('/', flags)
  const cwd = open('.', flags)
  const mounts = open('/proc/thread-self/ns/mnt')
  const pids = open('/proc/thread-self/ns/pid')
  return {
    goBack(): void {
      setns(pids, cloneFlags.pid)
      setns(mounts, cloneFlags.mount)
      if (!isSameFile(root, '/')) {
        fchdir(root)
        chroot('.')
      }
      fchdir(cwd)
    },
    [Symbol.dispose](): void {
      for (const fd of fds) fs.closeSync(fd)
    },
  }
}

function isSameFile(fd: number, path: string): boolean {
  const [a, b] = [fs.fstatSync(fd), fs.statSync(path)]
  return a.dev === b.dev && a.ino === b.ino
}
