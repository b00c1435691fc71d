import fs from 'node:fs'
import { chroot, cloneFlags, fchdir, mount, mountFlags, setns, unshare } from '../../shared/sys/native.ts'

/** A mount namespace that only its maker and the processes started in it see. It lasts as long as one of them is there. */
export interface PrivateNamespace extends Disposable {
  /** Runs `act`, which must be synchronous, with the calling thread inside: the one that made the namespace. */
  enter<T>(act: () => T): T
}

/**
 * Makes a mount namespace, from which nothing propagates, and runs `act` in it, with the next child of the calling thread
 * in a new pid namespace; then leads the thread back to where it was. A process that `act` starts stays behind: when it
 * has ended and the namespace is disposed of, so have all mounts in it. `act` must be synchronous and start no thread.
 * Needs CAP_SYS_ADMIN.
 *
 * The calling thread gets a working directory and umask of its own by this, for good: call it in a thread of its own, or
 * in a process that changes neither.
 */
export function makePrivateNamespace(act: () => void): PrivateNamespace {
  using back = rememberPlace()
  unshare(cloneFlags.mount | cloneFlags.pid)
  try {
    mount('none', '/', null, mountFlags.recursive | mountFlags.private, null)
    act()
    return namespaceHere()
  } finally {
    back.goBack()
  }
}

function namespaceHere(): PrivateNamespace {
  const [mounts, root] = [fs.openSync('/proc/thread-self/ns/mnt', 'r'), fs.openSync('/', folderFlags)]
  return {
    enter(act) {
      using back = rememberPlace()
      unshare(cloneFlags.workingDirectory) // threads that this one made since then share it again
      setns(mounts, cloneFlags.mount)
      try {
        restoreRoot(root)
        return act()
      } finally {
        back.goBack()
      }
    },
    [Symbol.dispose](): void {
      for (const fd of [mounts, root]) fs.closeSync(fd)
    },
  }
}

const folderFlags = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY

interface Place extends Disposable {
  goBack(): void
}

function rememberPlace(): Place {
  const fds: number[] = []
  const open = (path: string, flags: number = fs.constants.O_RDONLY): number => {
    const fd = fs.openSync(path, flags)
    fds.push(fd)
    return fd
  }
  const root = open('/', folderFlags)
  const cwd = open('.', folderFlags)
  const mounts = open('/proc/thread-self/ns/mnt')
  const pids = open('/proc/thread-self/ns/pid')
  return {
    goBack(): void {
      setns(pids, cloneFlags.pid)
      setns(mounts, cloneFlags.mount)
      restoreRoot(root)
      fchdir(cwd)
    },
    [Symbol.dispose](): void {
      for (const fd of fds) fs.closeSync(fd)
    },
  }
}

/** setns(2) moves root and working directory to the root of the namespace's tree: not ours in a chroot. */
function restoreRoot(root: number): void {
  if (isSameFile(root, '/')) return
  fchdir(root)
  chroot('.')
}

function isSameFile(fd: number, path: string): boolean {
  const [a, b] = [fs.fstatSync(fd), fs.statSync(path)]
  return a.dev === b.dev && a.ino === b.ino
}
