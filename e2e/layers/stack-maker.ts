import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparePaths, type LayerEntry, type LayerPath, parentOf } from '../../builder/layers/entry.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { isWithin } from '../../builder/layers/index-types.ts'
import { encodeLayerIndex, indexOf, type LayerIndex, openLayerIndex } from '../../builder/layers/layer-index.ts'
import { RecordCollector } from '../../builder/layers/record-collector.ts'
import { resolvePath } from '../../builder/layers/resolve.ts'
import { opaqueHeader, tarEnd, tarHeader, tarPadding } from '../../builder/layers/tar/write.ts'
import { createView, type LayerRef, type RootfsView } from '../../builder/layers/view.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { type Random, randomFrom } from '../testing/random.ts'
import { drawMember, type Member } from './draw-member.ts'

export interface MadeStack {
  readonly layers: readonly (LayerRef & { readonly file: string; readonly size: number })[]
  readonly view: RootfsView
}

export interface StackOptions {
  readonly layers: number
  /** Members tried for each layer. */
  readonly members: number
  /** Some files and directories have extended attributes. */
  readonly attributes: boolean
  /**
   * What umoci takes and dockerd does not: files whose directory is a symlink that leads to nothing yet, and opaque marks
   * behind a symlink.
   */
  readonly beyondDockerd: boolean
}

/**
 * Layers, the base first, that a seed decides: few names, so that later layers often replace, delete, link to and reach
 * through what lower ones have. Members that no applier could take are left out.
 */
export async function makeStack(seed: number, dir: string, options: StackOptions): Promise<MadeStack> {
  const random = randomFrom(seed)
  const layers: MadeStack['layers'][number][] = []
  for (let i = 0; i < options.layers; i++) {
    const draft = new LayerDraft(random, createView(layers), options)
    for (let n = 0; n < options.members; n++) draft.addRandom()
    layers.push(await storeLayer(draft.tar(), join(dir, `layer-${i}`)))
  }
  return { layers, view: createView(layers) }
}

async function storeLayer(tar: Buffer, name: string): Promise<MadeStack['layers'][number]> {
  const file = `${name}.tar`
  const { diffID, entries, size } = await importLayer(once(tar), file, { sync: false })
  writeFileSync(`${name}.index`, encodeLayerIndex(entries))
  return { diffID, index: openLayerIndex(`${name}.index`), bytes: { kind: 'tar', file }, file, size }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The members of one layer while it is drawn up. */
class LayerDraft {
  readonly #random: Random
  readonly #below: RootfsView
  readonly #options: StackOptions
  readonly #byDepth: boolean
  #members: readonly Member[] = []

  constructor(random: Random, below: RootfsView, options: StackOptions) {
    this.#random = random
    this.#below = below
    this.#options = options
    this.#byDepth = random.oneIn(2)
  }

  /** Adds one member, or none when the one that was drawn cannot be. */
  addRandom(): void {
    const drawn = this.#draw()
    if (drawn === undefined || this.#members.some(({ entry }) => clash(entry, drawn.entry))) return
    const members = inOrder([...this.#members, drawn], this.#byDepth)
    if (isSound(members, this.#below, this.#options)) this.#members = members
  }

  #draw(): Member | undefined {
    const { attributes } = this.#options
    return drawMember({ random: this.#random, below: this.#below, members: this.#members, attributes })
  }

  tar(): Buffer {
    return Buffer.concat([...this.#members.flatMap(memberBytes), tarEnd])
  }
}

/** Whiteouts first and hardlinks last; what is between in the order of paths, or parents before children at least. */
function inOrder(members: readonly Member[], byDepth: boolean): readonly Member[] {
  const order = byDepth ? compareDepth : compareMembers
  const rank = ({ entry }: Member): number => (entry.type === 'whiteout' ? 0 : entry.type === 'hardlink' ? 2 : 1)
  return members.toSorted((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? order(a, b) : 0))
}

function clash(a: LayerEntry, b: LayerEntry): boolean {
  const isMark = (entry: LayerEntry): boolean => entry.type === 'whiteout' && !entry.opaque
  if (a.path === b.path) return isMark(a) === isMark(b)
  return isInside(a, b) || isInside(b, a)
}

/** True when one lies inside the other, which is no directory. */
function isInside(inner: LayerEntry, outer: LayerEntry): boolean {
  return outer.type !== 'dir' && outer.type !== 'whiteout' && isWithin(outer.path, inner.path)
}

function compareMembers(a: Member, b: Member): number {
  return comparePaths(a.entry.path, b.entry.path)
}

function compareDepth(a: Member, b: Member): number {
  return a.entry.path.split('/').length - b.entry.path.split('/').length
}

function memberBytes({ entry, content }: Member): Uint8Array[] {
  if (entry.type === 'whiteout') return [entry.opaque ? opaqueHeader(entry) : tarHeader(entry)]
  return [tarHeader(entry), ...(entry.opaque ? [opaqueHeader(entry)] : []), content, tarPadding(content.length)]
}

/** True when appliers that take one member after the other agree on what the layer means. */
function isSound(members: readonly Member[], below: RootfsView, options: StackOptions): boolean {
  try {
    const collector = new RecordCollector()
    for (const { entry, content } of members) {
      if (entry.type === 'whiteout' && entry.opaque) collector.addOpaque(entry)
      else collector.add(entry.type === 'file' ? { ...entry, digest: digestOf(content) } : entry)
    }
    const index = indexOf(collector.records())
    const view = createView([...below.layers, { diffID: digestOf(''), index, bytes: { kind: 'tar', file: '' } }])
    for (const entry of view.walk()) if (isTooDeep(entry) || isIdle(view, entry)) return false
    // Two members that meet in one place through a link: the order decides, and records have none.
    const placed = view.placed(below.layers.length)
    if (placed.totals.entries < index.totals.entries || hidesAcross(index, placed)) return false
    if ([...index.implicitDirs].some((dir) => !hidesWay(index, dir) && changesWay(below, view, dir))) return false
    if (members.some(({ entry }) => entry.type === 'whiteout' && isInNewDirectory(below, index, entry.path)))
      return false
    if (!options.beyondDockerd && [...index.implicitDirs].some((dir) => isBeyondDockerd(below, index, dir)))
      return false
    return members.every(
      ({ entry }) =>
        entry.type !== 'hardlink' ||
        leadsToSame(view, index.lookup(entry.linkname) === undefined ? below : view, entry),
    )
  } catch (error) {
    if (isIbuildError(error, 'LAYER_INVALID', 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE', 'SYMLINK_LOOP', 'INDEX_INVALID'))
      return false
    throw error
  }
}

/** A mark that is there through a link and hides what the layer itself has there, or the reverse: again the order decides. */
function hidesAcross(index: LayerIndex, placed: LayerIndex): boolean {
  const wasThere = ({ path }: LayerEntry): boolean => [...index.subtree(path)].some((record) => record.path === path)
  return [...placed.entries()].some((mark) => {
    if (!mark.opaque && mark.type !== 'whiteout') return false
    return new Set([...placed.subtree(mark.path)].map(wasThere)).size > 1
  })
}

function isTooDeep({ path }: LayerEntry): boolean {
  return path.split('/').length > 6
}

/** A directory that only whiteouts made: appliers disagree on whether they make one. */
function isIdle(view: RootfsView, { path, type }: LayerEntry): boolean {
  return type === 'dir' && view.origin(path)?.layer === -1 && view.list(path).length === 0
}

/** The layer deletes or replaces a link that it reaches its own files through. */
function changesWay(below: RootfsView, view: RootfsView, dir: LayerPath): boolean {
  const [before, after] = [below, view].map((tree) => resolvePath(tree, dir, { followLast: true }).path)
  const isLink = resolvePath(below, dir, { followLast: false }).entry?.type === 'symlink'
  return before !== after || (isLink && originName(below, dir) !== originName(view, dir))
}

/** The layer says itself that what lies below on the way to a directory does not count. */
function hidesWay(index: LayerIndex, dir: LayerPath): boolean {
  const { whiteout, opaque } = index.find(dir)
  return (
    whiteout ||
    (opaque && dir === '') ||
    (dir !== '' && (index.find(parentOf(dir)).opaque || hidesWay(index, parentOf(dir))))
  )
}

/**
 * A whiteout in a directory that replaces something else: an applier that comes to it first looks behind the link, or
 * opens the fifo and waits.
 */
function isInNewDirectory(below: RootfsView, index: LayerIndex, path: LayerPath): boolean {
  if (path === '') return false
  const parent = parentOf(path)
  const before = resolvePath(below, parent, { followLast: true })
  const isNew = before.path !== parent || (before.entry?.type ?? 'dir') !== 'dir'
  return (isNew && index.lookup(parent) !== undefined) || isInNewDirectory(below, index, parent)
}

function isBeyondDockerd(below: RootfsView, index: LayerIndex, dir: LayerPath): boolean {
  if (resolvePath(below, dir, { followLast: false }).entry?.type !== 'symlink') return false
  return index.find(dir).opaque || resolvePath(below, dir, { followLast: true }).entry === undefined
}

/** A hardlink's target must be what it was drawn as, not deleted or replaced by its own layer, nor the link itself. */
function leadsToSame(view: RootfsView, home: RootfsView, { path, linkname, mtime }: LayerEntry): boolean {
  const [link, target] = [path, linkname].map((name) => resolvePath(view, name, { followLast: false }).path)
  const origins = new Set([originName(view, path), originName(view, linkname), originName(home, linkname)])
  return link !== target && origins.size === 1 && view.lstat(link ?? '')?.mtime === mtime
}

function originName(view: RootfsView, path: LayerPath): string {
  const origin = view.origin(resolvePath(view, path, { followLast: false }).path)
  return `${origin?.layer} ${origin?.entry.path}`
}
