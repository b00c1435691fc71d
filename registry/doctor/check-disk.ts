import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from '../../shared/base/errors.ts'
import { syncPath } from '../../shared/cas/disk.ts'
import { usualReserve } from '../service/space.ts'
import { registryLayout } from '../storage/layout.ts'
import { type Check, checked } from './types.ts'

/** What the data folder and the filesystem that it lies on can do. Whatever is written is removed. */
export async function checkDisk(root: string, reserve: number): Promise<readonly Check[]> {
  const there = await nearest(root)
  const first = await checked('folder', () => lookAtFolder(root, there))
  if (first.status === 'fail') return [first]
  const kind = await checked('filesystem', () => lookAtKind(there))
  const space = [
    await checked('space', () => lookAtSpace(there, reserve)),
    await checked('inodes', () => lookAtInodes(there)),
  ]
  const layout = registryLayout(root)
  const place = (await stat(layout.folder).catch(() => undefined)) === undefined ? there : layout.folder
  const folder = join(place, `doctor-${randomUUID()}`)
  const write = await checked('folder: write', async () => {
    await mkdir(folder, { mode: 0o700 })
    return { status: 'ok', message: place }
  })
  if (write.status === 'fail') return [first, kind, ...space, { ...write, mend: advice(write.message) }]
  try {
    return [first, kind, ...space, write, ...(await tryAll(folder))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined)
  return found !== undefined || dirname(folder) === folder ? folder : nearest(dirname(folder))
}

async function lookAtFolder(root: string, there: string): Promise<Omit<Check, 'name'>> {
  if (there !== root) return { status: 'ok', message: `${root} is not there yet, and is made when a server starts` }
  const { uid, mode } = await stat(root)
  if ((mode & constants.S_IFMT) !== constants.S_IFDIR) {
    return { status: 'fail', message: `${root} is no folder`, mend: 'Name another one with --root.' }
  }
  const own = process.getuid?.() ?? uid
  if (uid !== own && own !== 0) {
    const mend = `Run it as that user, or: chown -R ${own} ${root}`
    return { status: 'fail', message: `${root} belongs to user ${uid}, and this is user ${own}`, mend }
  }
  const registry = await stat(registryLayout(root).folder).catch(() => undefined)
  if (registry !== undefined && (registry.mode & 0o077) !== 0) {
    const folder = registryLayout(root).folder
    return { status: 'warn', message: `other users can look into ${folder}`, mend: `chmod 700 ${folder}` }
  }
  return { status: 'ok', message: root }
}

/** Numbers of statfs(2). */
const kinds: Readonly<Record<number, { readonly name: string; readonly problem?: string; readonly mend?: string }>> = {
  0x01_02_19_94: {
    name: 'tmpfs',
    problem: 'it lies in memory, and is gone after a restart',
    mend: 'Take a folder on a disk.',
  },
  0x69_69: {
    name: 'NFS',
    problem: 'locks and syncs depend on the server of it',
    mend: 'Take a disk of this machine where that can be.',
  },
  0xfe_53_4d_42: {
    name: 'SMB',
    problem: 'it has no hard links, and locks depend on the server of it',
    mend: 'Take a disk of this machine.',
  },
  0xff_53_4d_42: {
    name: 'CIFS',
    problem: 'it has no hard links, and locks depend on the server of it',
    mend: 'Take a disk of this machine.',
  },
  0x79_4c_76_30: {
    name: 'overlayfs',
    problem: 'in a container it is gone with the container',
    mend: 'Mount a volume at the data folder.',
  },
  0xef_53: { name: 'ext4' },
  0x58_46_53_42: { name: 'xfs' },
  0x91_23_68_3e: { name: 'btrfs' },
  0x2f_c1_2f_c1: { name: 'zfs' },
}

async function lookAtKind(folder: string): Promise<Omit<Check, 'name'>> {
  const { type } = await statfs(folder)
  const known = kinds[type]
  if (known === undefined) return { status: 'ok', message: `of type 0x${type.toString(16)}` }
  const { name, problem, mend } = known
  if (problem === undefined) return { status: 'ok', message: name }
  return { status: 'warn', message: `${name}: ${problem}`, ...(mend !== undefined && { mend }) }
}

async function lookAtSpace(folder: string, reserve: number): Promise<Omit<Check, 'name'>> {
  const { bavail, blocks, bsize } = await statfs(folder)
  const [free, total] = [bavail * bsize, blocks * bsize]
  const kept = reserve > 0 ? reserve : usualReserve(total)
  const message = `${mebibytes(free)} free of ${mebibytes(total)}, of which ${mebibytes(kept)} stay free`
  const mend =
    'Delete images and let the garbage be collected, or take a larger disk; storage.reserve says what stays free.'
  if (free < kept) return { status: 'fail', message: `${message}: pushes are refused`, mend }
  return free < 2 * kept ? { status: 'warn', message, mend } : { status: 'ok', message }
}

async function lookAtInodes(folder: string): Promise<Omit<Check, 'name'>> {
  const { files, ffree } = await statfs(folder)
  if (files === 0) return { status: 'ok', message: 'without a limit' }
  const message = `${ffree} of ${files} files can still be made`
  const mend = 'Each blob is a file: take a disk with more inodes.'
  if (ffree === 0) return { status: 'fail', message, mend }
  return ffree < files / 20 ? { status: 'warn', message, mend } : { status: 'ok', message }
}

function mebibytes(bytes: number): string {
  return bytes >= 10 * 2 ** 30 ? `${Math.round(bytes / 2 ** 30)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}

async function tryAll(folder: string): Promise<readonly Check[]> {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')]
  return [
    await checked('folder: sync', async () => {
      await writeFile(a, 'x', { flush: true })
      await syncPath(folder)
      return { status: 'ok', message: 'files and folders' }
    }),
    await checked('folder: rename', async () => {
      await rename(a, b)
      await rename(b, a)
      return { status: 'ok', message: 'works' }
    }),
    await checked('folder: hard links', () => tryLink(a, b)),
    await checked('folder: case', async () => {
      const isSame = (await stat(join(folder, 'A')).catch(() => undefined)) !== undefined
      return isSame
        ? {
            status: 'warn',
            message: 'upper and lower case are the same',
            mend: 'Take a filesystem that tells them apart.',
          }
        : { status: 'ok', message: 'upper and lower case differ' }
    }),
    await checked('folder: direct writes', () => tryDirect(join(folder, 'c'))),
  ]
}

async function tryLink(from: string, to: string): Promise<Omit<Check, 'name'>> {
  try {
    await link(from, to)
  } catch (error) {
    const message = `there are none (${errnoOf(error) ?? 'unknown reason'}): names are given by renaming`
    return { status: 'warn', message, mend: 'Take a filesystem that has them, such as ext4 or xfs.' }
  }
  const { nlink } = await stat(from)
  return {
    status: nlink === 2 ? 'ok' : 'fail',
    message: nlink === 2 ? 'work' : `a file with two names tells of ${nlink}`,
  }
}

/** Without them large uploads go through the cache of the system, no more. */
async function tryDirect(file: string): Promise<Omit<Check, 'name'>> {
  try {
    const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_DIRECT, 0o600)
    await handle.close()
    return { status: 'ok', message: 'work' }
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
    return { status: 'ok', message: 'there are none: large uploads go through the cache' }
  }
}

function advice(message: string): string {
  if (message.includes('EROFS'))
    return 'It is mounted read-only: mount it for writing, or name another folder with --root.'
  if (message.includes('ENOSPC')) return 'The disk is full: make room.'
  return 'Let the user who serves write there, or name another folder with --root.'
}
