import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { readContent } from './content.ts'
import { joinPath, type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import type { LayerIndex } from './index-types.ts'
import type { LayerRef } from './layer-ref.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'
import { mergeNames } from './merge-names.ts'
import { PathSet } from './path-map.ts'
import { placeLayer } from './placement.ts'
import { plainDirectory } from './plain-directory.ts'
import { resolvePath } from './resolve.ts'
import type { FileTree } from './tree.ts'

export type { LayerRef } from './layer-ref.ts'

/** Where the entry that answers for a path stands: the number of its layer from the bottom, and its path there. */
export interface Origin {
  readonly layer: number
  readonly entry: LayerEntry
}

/** The root filesystem that a stack of layers makes, answered from their indexes alone. */
export interface RootfsView extends FileTree {
  /** The layers, bottom to top. */
  readonly layers: readonly LayerRef[]
  /** The index of a layer as it applies on those below it; see {@link placeLayer}. */
  placed(layer: number): LayerIndex
  /** The view of the layers under one. */
  below(layer: number): RootfsView
  /** The file, link or device that answers for a path, a hardlink followed to where its content stands. */
  origin(path: LayerPath): Origin | undefined
  /** Names in a directory, sorted by bytes, one by one: for directories with any number of them. */
  names(path: LayerPath): Iterable<string>
  /** Layers that have a part in a directory, top to bottom; none for anything else. */
  parts(path: LayerPath): readonly number[]
  /**
   * All entries below a directory in order (`comparePaths`), hardlinks resolved; the directory itself is not among them.
   * Holds no more of them than lie on one path.
   */
  walk(directory?: LayerPath): Iterable<LayerEntry>
}

/** Answers that a view remembers, so that a walk over a million entries takes no more memory than this. */
const keptNodes = 32_768

/** What the stack says of one path. */
interface Node {
  /** As the layer has it: a hardlink is not resolved. */
  readonly entry: LayerEntry
  /** The layer of the entry; -1 when no layer has one for this directory. */
  readonly layer: number
  /** Layers that have a part in this directory, top to bottom; none for anything else. */
  readonly parts: readonly number[]
}

/**
 * The view of layers, bottom to top. It reads no more of the indexes than look-ups need. LAYER_INVALID from a method when
 * a layer does not fit those below it: a hardlink to nothing, a file inside a file.
 *
 * A directory that no layer has an entry for is 0755, root's, with time 0. {@link FileTree.linkGroup} may also name a
 * group for a file whose other names a later layer took away.
 */
export function createView(layers: readonly LayerRef[]): RootfsView {
  return new StackView(layers, [])
}

class StackView implements RootfsView {
  readonly layers: readonly LayerRef[]
  /** Shared with the views of fewer layers: a layer's place depends on those below only. */
  readonly #placed: (LayerIndex | undefined)[]
  readonly #nodes = new Map<LayerPath, Node | undefined>()
  /** The file that a walk is at: files that it has passed are not asked for again. */
  #last: { readonly path: LayerPath; readonly node: Node } | undefined
  readonly #below = new Map<number, RootfsView>()
  #linkedBelow: PathSet | undefined
  #mayLink: boolean | undefined
  /** How many names were asked for. */
  #named = 0

  constructor(layers: readonly LayerRef[], placed: (LayerIndex | undefined)[]) {
    this.layers = layers
    this.#placed = placed
  }

  placed(layer: number): LayerIndex {
    const known = this.#placed[layer]
    if (known !== undefined) return known
    const ref = this.layers[layer]
    if (ref === undefined) throw new RangeError(`no layer ${layer} in a stack of ${this.layers.length}`)
    const { index, scratch } = ref
    const placed = index.implicitDirs.length === 0 ? index : placeLayer(this.below(layer), index, scratch)
    this.#placed[layer] = placed
    return placed
  }

  below(layer: number): RootfsView {
    const known = this.#below.get(layer)
    if (known !== undefined) return known
    const view = new StackView(this.layers.slice(0, layer), this.#placed)
    this.#below.set(layer, view)
    return view
  }

  lstat(path: LayerPath): LayerEntry | undefined {
    const node = this.#node(path)
    if (node === undefined || node.entry.type !== 'hardlink') return node?.entry
    return { ...this.#follow(node).entry, path }
  }

  list(path: LayerPath): readonly string[] {
    return [...this.names(path)]
  }

  *names(path: LayerPath): Generator<string> {
    const lists = this.parts(path).map((layer) => this.placed(layer).children(path))
    for (const name of mergeNames(lists)) {
      const child = joinPath(path, name)
      const node = this.#nodes.get(child) ?? this.#makeNode(child)
      if (node === undefined) continue
      if (node.parts.length > 0) this.#keep(child, node)
      else this.#last = { path: child, node }
      if (++this.#named === manyRecords) tellManyRecords()
      yield name
    }
  }

  parts(path: LayerPath): readonly number[] {
    return this.#node(path)?.parts ?? []
  }

  *walk(directory: LayerPath = ''): Iterable<LayerEntry> {
    for (const name of this.names(directory)) {
      const entry = this.lstat(joinPath(directory, name))
      if (entry === undefined) continue
      yield entry
      if (entry.type === 'dir') yield* this.walk(entry.path)
    }
  }

  origin(path: LayerPath): Origin | undefined {
    const node = this.#node(path)
    return node && (node.entry.type === 'hardlink' ? this.#follow(node) : node)
  }

  digest(path: LayerPath): Promise<Digest> {
    const digest = this.origin(path)?.entry.digest
    if (digest !== undefined) return Promise.resolve(digest)
    return Promise.reject(new IbuildError('LAYER_INVALID', `${shown(path)} is no file of this image`))
  }

  async *open(path: LayerPath): AsyncGenerator<Uint8Array> {
    const origin = this.origin(path)
    const layer = this.layers[origin?.layer ?? -1]
    if (origin?.entry.type !== 'file' || layer === undefined) {
      throw new IbuildError('LAYER_INVALID', `${shown(path)} is no file of this image`)
    }
    yield* readContent(layer.bytes, origin.entry)
  }

  linkGroup(path: LayerPath): string | undefined {
    if (!this.mayLink()) return undefined
    const origin = this.origin(path)
    if (origin === undefined || origin.entry.type === 'dir') return undefined
    const group = groupOf(origin)
    return this.#isLinked(origin) || this.#groupsBelow().has(group) ? group : undefined
  }

  mayLink(): boolean {
    this.#mayLink ??= this.layers.some((_, layer) => {
      const { linkTargets, foreignLinks } = this.placed(layer)
      return linkTargets.length > 0 || foreignLinks.length > 0
    })
    return this.#mayLink
  }

  /** Whether a hardlink of its own layer leads to an entry. */
  #isLinked({ layer, entry }: Origin): boolean {
    return layer >= 0 && this.placed(layer).linkTargets.has(entry.path)
  }

  /** Groups of the entries that a hardlink of a higher layer leads to. */
  #groupsBelow(): PathSet {
    if (this.#linkedBelow !== undefined) return this.#linkedBelow
    const groups = new PathSet()
    for (let layer = 0; layer < this.layers.length; layer++) {
      for (const target of this.placed(layer).foreignLinks) groups.add(groupOf(this.#target(layer, target)))
    }
    this.#linkedBelow = groups
    return groups
  }

  /** The entry that a hardlink leads to, in its layer or below. */
  #follow(node: Node): Origin {
    return this.#target(node.layer, node.entry.linkname)
  }

  #target(layer: number, target: LayerPath): Origin {
    const index = this.placed(layer)
    const seen = new Set<LayerPath>()
    let path = target
    let entry = index.lookup(path)
    while (entry?.type === 'hardlink' && !seen.has(path)) {
      seen.add(path)
      path = entry.linkname
      entry = index.lookup(path)
    }
    if (entry?.type === 'hardlink') throw linkError(target)
    const origin = entry === undefined ? this.#targetBelow(layer, path) : { layer, entry }
    if (origin === undefined || origin.entry.type === 'dir') throw linkError(target)
    return origin
  }

  #targetBelow(layer: number, path: LayerPath): Origin | undefined {
    const below = this.below(layer)
    return below.origin(resolvePath(below, path, { followLast: false }).path)
  }

  #node(path: LayerPath): Node | undefined {
    if (this.#last?.path === path) return this.#last.node
    const known = this.#nodes.get(path)
    if (known !== undefined || this.#nodes.has(path)) return known
    const node = this.#makeNode(path)
    this.#keep(path, node)
    return node
  }

  #keep(path: LayerPath, node: Node | undefined): void {
    if (this.#nodes.size >= keptNodes) this.#nodes.clear()
    this.#nodes.set(path, node)
  }

  #makeNode(path: LayerPath): Node | undefined {
    if (path === '') return this.#merge('', allLayers(this.layers.length)) ?? emptyRoot
    const parent = this.#node(parentOf(path))
    return parent === undefined || parent.parts.length === 0 ? undefined : this.#merge(path, parent.parts)
  }

  /** Merges what the layers say of a path, top to bottom, until one hides all below it. */
  #merge(path: LayerPath, layers: readonly number[]): Node | undefined {
    const parts: number[] = []
    let own: Origin | undefined
    // After an opaque mark only the directory's own metadata still comes from below.
    let closed = false
    for (const layer of layers) {
      const { entry, whiteout, opaque, implicit } = this.placed(layer).find(path)
      if (entry !== undefined && entry.type !== 'dir') {
        if (parts.length === 0) return { entry, layer, parts: [] }
        break
      }
      if (!closed && (entry !== undefined || implicit)) parts.push(layer)
      if (entry !== undefined) own ??= { entry, layer }
      closed ||= opaque
      if (whiteout || (closed && own !== undefined)) break
    }
    if (parts.length === 0) return undefined
    return { ...(own ?? { entry: plainDirectory(path), layer: -1 }), parts }
  }
}

function allLayers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => count - 1 - i)
}

function groupOf(origin: Origin): string {
  return `${origin.layer}/${origin.entry.path}`
}

function linkError(target: LayerPath): IbuildError {
  return new IbuildError('LAYER_INVALID', `a hardlink of a layer leads to ${shown(target)}, which is no file`)
}

function shown(path: LayerPath): string {
  return JSON.stringify(path.slice(0, 200))
}

const emptyRoot: Node = { entry: plainDirectory(''), layer: -1, parts: [] }
