import { digestOf } from '../../../shared/base/digest.ts'
import { type MemoryMember, memoryTree } from '../../context/memory.ts'
import type { BuildContext } from '../../context/types.ts'
import type { LayerEntry } from '../../layers/entry.ts'
import { blankEntry } from '../../layers/testing/entries.ts'

/** An entry of a tree in the tables: path, type (dir, file, link, hardlink, pipe), octal mode, owner, content, link, seconds. */
export interface EntrySpec {
  readonly p: string
  readonly t: 'd' | 'f' | 'l' | 'h' | 'p'
  readonly m?: string
  readonly u?: number
  readonly g?: number
  readonly c?: string
  /** Content in base64. */
  readonly b?: string
  readonly l?: string
  readonly s?: number
}

const types = { d: 'dir', f: 'file', l: 'symlink', h: 'file', p: 'fifo' } as const

/** A tree made of specs; a hardlink comes after the file it names. */
export function treeOf(specs: readonly EntrySpec[]): BuildContext {
  const members = new Map<string, MemoryMember>()
  for (const spec of specs) members.set(spec.p, memberOf(spec, members))
  return memoryTree(members.values())
}

function memberOf(spec: EntrySpec, members: Map<string, MemoryMember>): MemoryMember {
  const original = spec.t === 'h' ? members.get(spec.l ?? '') : undefined
  if (original !== undefined) {
    members.set(spec.l ?? '', { ...original, linkGroup: spec.l })
    return { ...original, entry: { ...original.entry, path: spec.p }, linkGroup: spec.l }
  }
  const content = spec.b === undefined ? Buffer.from(spec.c ?? '') : Buffer.from(spec.b, 'base64')
  const fields: Partial<LayerEntry> = {
    ...(spec.m !== undefined && { mode: Number.parseInt(spec.m, 8) }),
    uid: spec.u ?? 0,
    gid: spec.g ?? 0,
    mtime: BigInt(spec.s ?? 0) * 1_000_000_000n,
    linkname: spec.t === 'l' ? (spec.l ?? '') : '',
    ...(spec.t === 'f' && { size: content.length, digest: digestOf(content) }),
  }
  const entry = blankEntry(spec.p, types[spec.t], fields)
  return spec.t === 'f' ? { entry, content } : { entry }
}
