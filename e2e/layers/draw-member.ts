import { joinPath, type LayerEntry, type LayerPath } from '../../builder/layers/entry.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import type { RootfsView } from '../../builder/layers/view.ts'
import type { Random } from '../testing/random.ts'

export interface Member {
  readonly entry: LayerEntry
  readonly content: Buffer
}

export interface Draw {
  readonly random: Random
  readonly below: RootfsView
  readonly members: readonly Member[]
  readonly attributes: boolean
}

const names = ['a', 'b', 'c', 'd', 'e', 'é\xff']
const linkTexts = ['a', 'b', '../c', '/d', 'b/c', '/a/b', './d/../c', '../../..', 'nothing', '/new/place']
const contents = ['', 'x', 'some text', 'y'.repeat(700), 'z'.repeat(300_000)]

/** Draws one member of a layer; undefined when there is nothing to draw it from. */
export function drawMember(draw: Draw): Member | undefined {
  return draw.random.pick(kinds)(draw)
}

type Kind = (draw: Draw) => Member | undefined

const file: Kind = (draw) => {
  const content = Buffer.from(draw.random.pick(contents))
  return member(newPath(draw), { ...plain(draw, 'file'), size: content.length }, content)
}

const directory: Kind = (draw) => member(newPath(draw), { ...plain(draw, 'dir'), opaque: draw.random.oneIn(4) })

const symlink: Kind = (draw) =>
  member(newPath(draw), { ...plain(draw, 'symlink'), mode: 0o777, linkname: draw.random.pick(linkTexts) })

const fifo: Kind = (draw) => member(newPath(draw), plain(draw, 'fifo'))

const device: Kind = (draw) => member(newPath(draw), { ...plain(draw, 'char'), devMajor: 1, devMinor: 3 })

/** A link to a file of this layer or below, with the file's own metadata as tar programs write it. */
const hardlink: Kind = (draw) => {
  const own = draw.members.map((m) => m.entry).filter((entry) => entry.type === 'file')
  const others = [...draw.below.walk()].filter((entry) => entry.type === 'file')
  const all = [...own, ...own, ...others]
  if (all.length === 0) return undefined
  const target = draw.random.pick(all)
  const link = {
    ...target,
    type: 'hardlink',
    linkname: target.path,
    size: 0,
    digest: undefined,
    dataOffset: -1,
  } as const
  return member(newPath(draw), link)
}

const whiteout: Kind = (draw) => {
  const hidden = [...draw.below.walk()].map((entry) => entry.path)
  if (hidden.length === 0) return undefined
  const path = draw.random.oneIn(3) ? joinPath(anyDirectory(draw), draw.random.pick(names)) : draw.random.pick(hidden)
  return member(path, blankEntry(path, 'whiteout'))
}

const opaqueMark: Kind = (draw) => {
  const path = anyDirectory(draw)
  return path === '' ? undefined : member(path, blankEntry(path, 'whiteout', { opaque: true }))
}

const kinds: readonly Kind[] = [
  file,
  file,
  file,
  file,
  directory,
  directory,
  directory,
  symlink,
  symlink,
  hardlink,
  hardlink,
  whiteout,
  whiteout,
  opaqueMark,
  fifo,
  device,
]

function member(path: LayerPath, entry: LayerEntry, content: Buffer = Buffer.alloc(0)): Member {
  return { entry: { ...entry, path }, content }
}

function plain(draw: Draw, type: 'file' | 'dir' | 'symlink' | 'fifo' | 'char'): LayerEntry {
  const { random } = draw
  return blankEntry('', type, {
    mode: random.pick([0o644, 0o755, 0o700, 0o4755, 0o600]),
    uid: random.pick([0, 0, 1000, 70_000]),
    gid: random.pick([0, 0, 33]),
    xattrs: attributesFor(draw, type),
    mtime: 1_500_000_000_000_000_000n + BigInt(random.int(1e9)) * 1_000_000_007n,
  })
}

function newPath(draw: Draw): LayerPath {
  return joinPath(anyDirectory(draw), draw.random.pick(names))
}

/** A directory: the root, one of below (or a link, perhaps to one), one of this layer, or one that nothing has yet. */
function anyDirectory({ random, below, members }: Draw): LayerPath {
  const lower = [...below.walk()].filter(({ type }) => type === 'dir' || type === 'symlink').map(({ path }) => path)
  const own = members.filter(({ entry }) => entry.type === 'dir').map(({ entry }) => entry.path)
  const start = random.pick(['', ...lower, ...own])
  return random.oneIn(5) ? joinPath(start, random.pick(names)) : start
}

function attributesFor({ random, attributes }: Draw, type: string): ReadonlyMap<string, Uint8Array> {
  if (!random.oneIn(4) || !attributes) return new Map()
  if (type === 'file')
    return new Map([
      ['security.capability', capability],
      ['user.x', Buffer.from([1, 0, 255])],
    ])
  return type === 'dir' ? new Map([['user.d', Buffer.from('of a directory')]]) : new Map()
}

/** cap_net_raw, permitted and effective (VFS_CAP_REVISION_2). */
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
