import type { LayerPath } from '../entry.ts'
import { PathLists, PathMap, PathSet } from '../path-map.ts'
import { resolvePath } from '../resolve.ts'
import type { Origin, RootfsView } from '../view.ts'

/**
 * Decides for a merged run which names of one file become hardlinks, and to what. Names of one file are those that lead
 * to one entry of one layer, whatever they say themselves.
 */
export class LinkNames {
  readonly #view: RootfsView
  readonly #from: number
  /** Files below a layer of the run that some hardlink of it leads to. */
  readonly #linked: PathSet
  /** What names of a file are links to. */
  readonly #targets = new PathMap()
  /** Files of below that no name of below stands for any more. */
  readonly #lost = new PathSet()
  #namesBelow: PathLists | undefined

  constructor(view: RootfsView, from: number) {
    this.#view = view
    this.#from = from
    this.#linked = linkedFiles(view, from)
  }

  /** The file that an entry of the run, standing at its own path, is a name of. */
  originOf(own: Origin): Origin {
    const origin = own.entry.type === 'hardlink' ? this.#view.origin(own.entry.path) : own
    if (origin === undefined) throw new Error(`no origin of ${JSON.stringify(own.entry.path)}`)
    return origin
  }

  /**
   * What the path is a hardlink to: an earlier path of the merged layer, or a path of below that the run leaves alone.
   * Undefined: it carries the content, and later names of the same file are links to it. To be asked in order.
   */
  targetOf(own: Origin, origin: Origin): LayerPath | undefined {
    const key = keyOf(origin)
    if (own.entry.type !== 'hardlink' && !this.#isLinked(key, origin)) return undefined
    const known = this.#targets.get(key) ?? this.#targetBelow(key, own, origin)
    this.#targets.set(key, known ?? own.entry.path)
    return known
  }

  /** Whether some hardlink of the run leads to a file of the run. */
  #isLinked(key: string, { layer, entry }: Origin): boolean {
    return this.#view.placed(layer).linkTargets.has(entry.path) || this.#linked.has(key)
  }

  /** A name of a file of below that the final tree still has as it is there. */
  #targetBelow(key: string, own: Origin, origin: Origin): LayerPath | undefined {
    if (origin.layer >= this.#from || this.#lost.has(key)) return undefined
    const isName = (path: LayerPath): boolean => this.#isNameBelow(key, path) && this.#isUntouched(path)
    const near = [this.#linkedPath(own), origin.entry.path].find(isName)
    const found = near ?? firstOf(this.#otherNames(key), isName)
    if (found === undefined) this.#lost.add(key)
    return found
  }

  #linkedPath({ layer, entry }: Origin): LayerPath {
    return resolvePath(this.#view.below(layer), entry.linkname, { followLast: false }).path
  }

  #isNameBelow(key: string, path: LayerPath): boolean {
    const origin = this.#view.below(this.#from).origin(path)
    return origin !== undefined && keyOf(origin) === key
  }

  /** What the run once hides or replaces does not come back. */
  #isUntouched(path: LayerPath): boolean {
    for (let layer = this.#from; layer < this.#view.layers.length; layer++) {
      const index = this.#view.placed(layer)
      const own = index.find(path)
      if (own.entry !== undefined || own.whiteout) return false
      for (const directory of ancestorsOf(path)) {
        const { entry, whiteout, opaque } = index.find(directory)
        if (whiteout || opaque || (entry !== undefined && entry.type !== 'dir')) return false
      }
    }
    return true
  }

  /** Hardlinks of below are only looked through when the names at hand are gone. */
  #otherNames(key: string): Iterable<LayerPath> {
    this.#namesBelow ??= linksOf(this.#view.below(this.#from))
    return this.#namesBelow.of(key)
  }
}

function keyOf({ layer, entry }: Origin): string {
  return `${layer}/${entry.path}`
}

function linkedFiles(view: RootfsView, from: number): PathSet {
  const linked = new PathSet()
  for (let layer = from; layer < view.layers.length; layer++) {
    for (const path of view.placed(layer).foreignLinks) {
      const below = view.below(layer)
      const origin = below.origin(resolvePath(below, path, { followLast: false }).path)
      if (origin !== undefined) linked.add(keyOf(origin))
    }
  }
  return linked
}

function linksOf(view: RootfsView): PathLists {
  const names = new PathLists()
  for (let layer = 0; layer < view.layers.length; layer++) {
    const index = view.placed(layer)
    if (index.linkTargets.length === 0 && index.foreignLinks.length === 0) continue
    for (const { type, path } of index.entries()) {
      const origin = type === 'hardlink' ? view.origin(path) : undefined
      if (origin !== undefined) names.add(keyOf(origin), path)
    }
  }
  return names
}

function firstOf<T>(items: Iterable<T>, isWanted: (item: T) => boolean): T | undefined {
  for (const item of items) if (isWanted(item)) return item
  return undefined
}

function* ancestorsOf(path: LayerPath): Generator<LayerPath> {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) yield path.slice(0, slash)
  if (path !== '') yield ''
}
