import type { LayerPath } from '../entry.ts'
import { resolvePath } from '../resolve.ts'
import type { Origin, RootfsView } from '../view.ts'

/**
 * Decides for a merged run which names of one file become hardlinks, and to what. Names of one file are those that lead
 * to one entry of one layer, whatever they say themselves.
 */
export class LinkNames {
  readonly #view: RootfsView
  readonly #from: number
  /** Files of the run that some hardlink of the run leads to. */
  readonly #linked: ReadonlySet<string>
  /** What names of a file are links to. */
  readonly #targets = new Map<string, LayerPath>()
  /** Files of below that no name of below stands for any more. */
  readonly #lost = new Set<string>()
  #namesBelow: ReadonlyMap<string, readonly LayerPath[]> | undefined

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
    if (own.entry.type !== 'hardlink' && !this.#linked.has(key)) return undefined
    const known = this.#targets.get(key) ?? this.#targetBelow(key, own, origin)
    this.#targets.set(key, known ?? own.entry.path)
    return known
  }

  /** A name of a file of below that the final tree still has as it is there. */
  #targetBelow(key: string, own: Origin, origin: Origin): LayerPath | undefined {
    if (origin.layer >= this.#from || this.#lost.has(key)) return undefined
    const isName = (path: LayerPath): boolean => this.#isNameBelow(key, path) && this.#isUntouched(path)
    const near = [this.#linkedPath(own), origin.entry.path].find(isName)
    const found = near ?? this.#otherNames(key).find(isName)
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
  #otherNames(key: string): readonly LayerPath[] {
    this.#namesBelow ??= linksOf(this.#view.below(this.#from))
    return this.#namesBelow.get(key) ?? []
  }
}

function keyOf({ layer, entry }: Origin): string {
  return `${layer}:${entry.path}`
}

function linkedFiles(view: RootfsView, from: number): Set<string> {
  const linked = new Set<string>()
  for (let layer = from; layer < view.layers.length; layer++) {
    const { linkTargets, foreignLinks } = view.placed(layer)
    for (const path of linkTargets) linked.add(`${layer}:${path}`)
    for (const path of foreignLinks) {
      const below = view.below(layer)
      const origin = below.origin(resolvePath(below, path, { followLast: false }).path)
      if (origin !== undefined) linked.add(keyOf(origin))
    }
  }
  return linked
}

function linksOf(view: RootfsView): ReadonlyMap<string, readonly LayerPath[]> {
  const names = new Map<string, LayerPath[]>()
  for (let layer = 0; layer < view.layers.length; layer++) {
    const index = view.placed(layer)
    if (index.linkTargets.length === 0 && index.foreignLinks.length === 0) continue
    for (const { type, path } of index.entries()) {
      if (type !== 'hardlink') continue
      const origin = view.origin(path)
      if (origin !== undefined) names.set(keyOf(origin), [...(names.get(keyOf(origin)) ?? []), path])
    }
  }
  return names
}

function* ancestorsOf(path: LayerPath): Generator<LayerPath> {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) yield path.slice(0, slash)
  if (path !== '') yield ''
}
