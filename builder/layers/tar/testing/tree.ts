import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { lgetxattr, llistxattr, lsetxattr, mknod, utimensNs } from '../../../../shared/sys/native.ts'
import type { LayerEntry } from '../../entry.ts'
import { readTar, type TarOptions } from '../read.ts'
import { contentOf } from './archives.ts'

/** What a file is, in a form that two listings can be compared by. */
export interface Listed {
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly size: number
  readonly linkname: string
  readonly device: string
  readonly sha256: string
  readonly xattrs: string
}

export type Listing = ReadonlyMap<string, Listed>

/** What a tree may hold that not every tar format can tell. */
export interface TreeFeatures {
  /** Paths and link texts over 100 bytes. */
  readonly longNames: boolean
  /** Times with a fraction, and before 1970. */
  readonly fineTimes: boolean
  /** A time before 1970 with a fraction: bsdtar writes its seconds and fraction as if both were positive. */
  readonly oldFractions: boolean
  readonly xattrs: boolean
  /** Owner ids above 2^21. */
  readonly largeIds: boolean
  /** Devices and fifos. */
  readonly special: boolean
}

const root = process.getuid?.() === 0

/** Fills a directory with one of everything. Devices and owners only as root. */
export function growTree(dir: string, features: TreeFeatures): void {
  mkdirSync(at(dir, 'dir/inner'), { recursive: true })
  mkdirSync(at(dir, 'sticky'))
  writeFileSync(at(dir, 'dir/plain'), 'plain content\n')
  writeFileSync(at(dir, 'dir/inner/empty'), '')
  writeFileSync(at(dir, 'block'), Buffer.alloc(512, 'b'))
  writeFileSync(at(dir, 'large'), patterned(300_001))
  writeFileSync(at(dir, 'set'), '#!/bin/sh\n')
  writeFileSync(at(dir, 'bytes-\xff\xfe\x80'), 'a name that is not UTF-8')
  writeFileSync(at(dir, 'new\nline "\\ \x01'), 'odd')
  writeFileSync(at(dir, 'n'.repeat(98)), 'the longest name of v7')
  linkSync(at(dir, 'dir/plain'), at(dir, 'hard'))
  symlinkSync('dir/plain', at(dir, 'soft'))
  symlinkSync('../../outside/\xe9', at(dir, 'dangling'))
  holes(at(dir, 'holes'), 60, 5_000_000)
  holes(at(dir, 'one-hole'), 1, 100_000)
  if (features.longNames) growLongNames(dir)
  if (features.xattrs) growXattrs(dir)
  if (features.special) growSpecial(dir)
  if (root) growOwned(dir, features.largeIds)
  chmodSync(at(dir, 'set'), 0o6755)
  chmodSync(at(dir, 'sticky'), 0o1777)
  setTimes(dir, features)
}

function growLongNames(dir: string): void {
  const deep = `${'a'.repeat(90)}/${'b'.repeat(60)}/${'c'.repeat(120)}`
  mkdirSync(at(dir, deep), { recursive: true })
  writeFileSync(at(dir, `${deep}/\xe4${'d'.repeat(200)}`), 'deep')
  linkSync(at(dir, `${deep}/\xe4${'d'.repeat(200)}`), at(dir, `${deep}/hard`))
  symlinkSync('t'.repeat(300), at(dir, 'long-target'))
  holes(at(dir, `sparse-${'s'.repeat(200)}`), 3, 200_000)
}

function growXattrs(dir: string): void {
  lsetxattr(at(dir, 'large'), 'user.bytes', Buffer.from([0, 1, 10, 61, 255, 0, 254]))
  lsetxattr(at(dir, 'large'), 'user.a=b%c%3D', Buffer.from('escaped'))
  lsetxattr(at(dir, 'dir'), 'user.dir', Buffer.from('on a directory'))
  if (root)
    lsetxattr(at(dir, 'set'), 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'))
}

function growSpecial(dir: string): void {
  mknod(at(dir, 'fifo'), constants.S_IFIFO | 0o640, 0, 0)
  if (!root) return
  mknod(at(dir, 'char'), constants.S_IFCHR | 0o600, 5, 1)
  mknod(at(dir, 'block-device'), constants.S_IFBLK | 0o660, 259, 70_000)
}

function growOwned(dir: string, largeIds: boolean): void {
  lchownSync(at(dir, 'dir/inner/empty'), 1234, 54_321)
  lchownSync(at(dir, 'soft'), 65_534, 65_534)
  if (largeIds) lchownSync(at(dir, 'block'), 4_000_000_000, 2_097_152)
}

function holes(path: Buffer, count: number, size: number): void {
  const file = openSync(path, 'w')
  ftruncateSync(file, size)
  const step = Math.floor(size / count / 4096) * 4096
  for (let i = 0; i < count; i++) writeSync(file, patterned(4096 + i), 0, undefined, i * step + (i % 2) * 4096)
  closeSync(file)
}

function setTimes(dir: string, { fineTimes, oldFractions }: TreeFeatures): void {
  const all = ['', ...paths(dir)].reverse()
  const base = 1_600_000_000_000_000_000n
  all.forEach((path, i) =>
    utimensNs(at(dir, path), base + BigInt(i) * 1_000_000_000n + (fineTimes && i % 2 === 0 ? 123_456_789n : 0n)),
  )
  if (fineTimes) utimensNs(at(dir, 'large'), -86_400_000_000_000n)
  if (oldFractions) utimensNs(at(dir, 'block'), -1_500_000_000n)
}

function patterned(size: number): Buffer {
  return Buffer.alloc(size, createHash('sha256').update(String(size)).digest())
}

function at(dir: string, path: string): Buffer {
  return Buffer.from(path === '' ? dir : `${dir}/${path}`, 'latin1')
}

function paths(dir: string, below = ''): string[] {
  const names = readdirSync(at(dir, below), { encoding: 'buffer', withFileTypes: true })
  return names.flatMap((child) => {
    const path = below === '' ? child.name.toString('latin1') : `${below}/${child.name.toString('latin1')}`
    return child.isDirectory() ? [path, ...paths(dir, path)] : [path]
  })
}

/** What is on disk below a directory, without the directory itself. */
export function listTree(dir: string): Listing {
  return new Map(paths(dir).map((path) => [path, listFile(at(dir, path))] as const))
}

function listFile(path: Buffer): Listed {
  const stat = lstatSync(path, { bigint: true })
  const type = typeNames.get(Number(stat.mode) & constants.S_IFMT) ?? 'unknown'
  const device = type === 'char' || type === 'block'
  return {
    type,
    mode: type === 'symlink' ? 0o777 : Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: stat.mtimeNs,
    size: type === 'file' ? Number(stat.size) : 0,
    linkname: type === 'symlink' ? readlinkSync(path, 'buffer').toString('latin1') : '',
    device: device ? deviceName(stat.rdev) : '0:0',
    sha256: type === 'file' ? sha256(readFileSync(path)) : '',
    xattrs:
      type === 'symlink'
        ? ''
        : xattrText(llistxattr(path).map((name) => [name, lgetxattr(path, name) ?? Buffer.alloc(0)])),
  }
}

const typeNames = new Map<number, string>([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'dir'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'char'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
])

/** As glibc's makedev lays the bits out. */
function deviceName(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)
  return `${major}:${minor}`
}

function xattrText(pairs: readonly (readonly [string, Uint8Array])[]): string {
  const wanted = pairs.filter(([name]) => /^(?:user\.|security\.capability)/.test(name))
  return wanted
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .sort()
    .join(' ')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What our reader finds in an archive, with hardlinks as the files that they are. */
export async function listArchive(source: AsyncIterable<Uint8Array>, options: TarOptions = {}): Promise<Listing> {
  const listing = new Map<string, Listed>()
  for await (const member of readTar(source, { whiteouts: false, ...options })) {
    if (member.kind !== 'entry' || member.entry.path === '') continue
    const { entry } = member
    const target = entry.type === 'hardlink' ? listing.get(entry.linkname) : undefined
    listing.set(entry.path, target ?? listEntry(entry, await contentOf(member)))
  }
  return listing
}

/** One entry with its content in the form of a listing. */
function listEntry(entry: LayerEntry, content: Uint8Array): Listed {
  const { type, mode, uid, gid, mtime, size, linkname } = entry
  return {
    type,
    mode: type === 'symlink' ? 0o777 : mode,
    uid,
    gid,
    mtime,
    size: type === 'file' ? content.length : size,
    linkname,
    device: `${entry.devMajor}:${entry.devMinor}`,
    sha256: type === 'file' ? sha256(content) : '',
    xattrs: xattrText([...entry.xattrs]),
  }
}
