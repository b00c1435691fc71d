import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import type { RootfsView } from '../../builder/layers/view.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { lgetxattr, llistxattr } from '../../shared/sys/native.ts'

/** Path -> everything that two trees must agree on, as one line. */
export type Description = Record<string, string>

export interface Described {
  readonly entries: Description
  /** Names that are one file, each set sorted and joined; sorted. */
  readonly groups: readonly string[]
}

/** Describes a directory of this host, read with nothing but system calls. */
export function describeDirectory(dir: string | Buffer): Described {
  const entries: Description = {}
  const inodes = new Map<string, string[]>()
  const root = Buffer.from(dir)
  const walk = (directory: string): void => {
    for (const name of readdirSync(at(root, directory), { encoding: 'latin1' })) {
      const path = directory === '' ? name : `${directory}/${name}`
      const file = at(root, path)
      entries[path] = describeFile(file)
      const stats = lstatSync(file)
      if (stats.isDirectory()) walk(path)
      else inodes.set(`${stats.dev}:${stats.ino}`, [...(inodes.get(`${stats.dev}:${stats.ino}`) ?? []), path])
    }
  }
  walk('')
  return { entries, groups: groupsOf(inodes.values()) }
}

function at(root: Buffer, path: string): Buffer {
  return Buffer.concat([root, Buffer.from(`/${path}`, 'latin1')])
}

function describeFile(file: Buffer): string {
  const stats = lstatSync(file, { bigint: true })
  const format = Number(stats.mode >> 12n)
  const type = types[format] ?? `format ${format}`
  const fields = [type, Number(stats.mode & 0o7777n).toString(8), `${stats.uid}:${stats.gid}`]
  if (type === 'symlink') fields.push(readlinkSync(file, { encoding: 'latin1' }))
  if (type === 'file') fields.push(`${stats.mtimeNs}`, digestOf(readFileSync(file)))
  if (type === 'char' || type === 'block') fields.push(`device ${stats.rdev >> 8n}:${stats.rdev & 0xffn}`)
  const xattrs = llistxattr(file).filter((name) => /^(?:user\.(?!overlay\.)|security\.capability)/.test(name))
  return line(
    fields,
    xattrs.map((name) => [name, lgetxattr(file, name) ?? Buffer.alloc(0)]),
  )
}

const types: Record<number, string> = { 1: 'fifo', 2: 'char', 4: 'dir', 6: 'block', 8: 'file', 10: 'symlink' }

function line(fields: readonly string[], xattrs: readonly (readonly [string, Uint8Array])[]): string {
  const attributes = xattrs.map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
  return [...fields, ...attributes.sort((a, b) => (a < b ? -1 : 1))].join(' ')
}

/** Describes the tree of a view; contents are read through it. */
export async function describeView(view: RootfsView): Promise<Described> {
  const entries: Description = {}
  const groups = new Map<string, string[]>()
  for (const entry of view.walk()) {
    entries[entry.path] = await describeEntry(view, entry)
    if (entry.type === 'dir') continue
    const group = view.linkGroup(entry.path) ?? `alone ${entry.path}`
    groups.set(group, [...(groups.get(group) ?? []), entry.path])
  }
  return { entries, groups: groupsOf(groups.values()) }
}

async function describeEntry(view: RootfsView, entry: LayerEntry): Promise<string> {
  const fields = [entry.type, entry.mode.toString(8), `${entry.uid}:${entry.gid}`]
  if (entry.type === 'symlink') fields.push(entry.linkname)
  if (entry.type === 'file') fields.push(`${entry.mtime}`, await contentDigest(view, entry.path))
  if (entry.type === 'char' || entry.type === 'block') fields.push(`device ${entry.devMajor}:${entry.devMinor}`)
  return line(fields, [...entry.xattrs])
}

async function contentDigest(view: RootfsView, path: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of view.open(path)) pieces.push(piece)
  return digestOf(Buffer.concat(pieces))
}

function groupsOf(groups: Iterable<string[]>): string[] {
  return [...groups]
    .filter((names) => names.length > 1)
    .map((names) => names.sort().join(' '))
    .sort()
}
