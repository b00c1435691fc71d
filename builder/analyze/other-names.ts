import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import type { LayerIndex } from '../layers/index-types.ts'
import { PathSet } from '../layers/path-map.ts'
import type { Version } from './fates.ts'
import { isHidden, type PathOutcome } from './path-outcome.ts'

/** Memory for what is held back, about; beyond it a file counts as gone when its first name is. */
const mostHeldBytes = 48 << 20
/** What an entry takes in memory beside its path. */
const entryBytes = 500

/**
 * Hardlinks: content whose first name is hidden is still seen when another name of it is. Paths with such content are held
 * back until all names are known.
 */
export class OtherNames {
  readonly #indexes: readonly LayerIndex[]
  /** Paths of lower layers that hardlinks lead to. */
  readonly #foreign = new PathSet()
  readonly #held = new Map<LayerPath, PathOutcome>()
  #heldBytes = 0
  readonly #seen = new Set<string>()
  /** Names that are seen in the image and lead to a path of a lower layer: that path, by number of their layer. */
  readonly #down: PathSet[] = []
  /** Hidden hardlinks that other names of their layer lead to, and where they lead. */
  readonly #aliases = new Map<string, LayerPath>()

  constructor(indexes: readonly LayerIndex[]) {
    this.#indexes = indexes
    for (const { foreignLinks } of indexes) for (const path of foreignLinks) this.#foreign.add(path)
  }

  /** Takes the outcome of a path; false when it is held back. */
  pass(outcome: PathOutcome): boolean {
    for (const version of outcome.versions) if (version.entry.type === 'hardlink') this.#noteLink(version)
    const hold = outcome.versions.some((version) => isHidden(version) && this.#mayHaveNames(version))
    if (!hold || !this.#hasRoom(outcome.path.length + entryBytes * outcome.versions.length)) return true
    const held = compact(outcome)
    this.#held.set(held.path, held)
    return false
  }

  /** What was held back, once every path has passed; `seen` are its versions that have a name in the image. */
  *release(): Generator<{ readonly outcome: PathOutcome; readonly seen: ReadonlySet<Version> }> {
    for (const [layer, targets] of this.#down.entries()) for (const target of targets ?? []) this.#follow(layer, target)
    for (const outcome of this.#held.values()) {
      yield {
        outcome,
        seen: new Set(outcome.versions.filter((version) => this.#seen.has(keyOf(version.layer, outcome.path)))),
      }
    }
  }

  #mayHaveNames({ layer, entry }: Version): boolean {
    if (entry.type !== 'file' || entry.size === 0) return false
    return this.#foreign.has(entry.path) || this.#isTarget(layer, entry.path)
  }

  #hasRoom(bytes: number): boolean {
    if (this.#heldBytes + bytes > mostHeldBytes) return false
    this.#heldBytes += bytes
    return true
  }

  #isTarget(layer: number, path: LayerPath): boolean {
    return this.#indexes[layer]?.linkTargets.has(path) === true
  }

  #noteLink({ layer, entry, hiding }: Version): void {
    if (hiding !== undefined) {
      const named = this.#isTarget(layer, entry.path)
      if (named && this.#hasRoom(entry.path.length + entry.linkname.length + entryBytes))
        this.#aliases.set(keyOf(layer, entry.path), entry.linkname)
      return
    }
    const target = this.#aliases.get(keyOf(layer, entry.linkname)) ?? entry.linkname
    if (this.#held.has(target)) this.#seen.add(keyOf(layer, target))
    if (this.#foreign.has(target)) (this.#down[layer] ??= new PathSet()).add(target)
  }

  /** Finds the file of a lower layer that a hardlink of `layer` leads to. */
  #follow(layer: number, path: LayerPath): void {
    let target = path
    for (let below = layer - 1; below >= 0; below--) {
      const index = this.#indexes[below]
      let entry = index?.lookup(target)
      if (entry?.type === 'hardlink') {
        target = entry.linkname
        entry = index?.lookup(target)
      }
      if (entry?.type !== 'file') continue
      this.#seen.add(keyOf(below, target))
      return
    }
  }
}

const noXattrs: LayerEntry['xattrs'] = new Map()

/** The same with nothing in it that is not needed later. A new string keeps no other strings alive, as one that was cut and joined does. */
function compact({ path: long, rule, versions }: PathOutcome): PathOutcome {
  const path = Buffer.from(long, 'latin1').toString('latin1')
  const strip = (entry: LayerEntry): LayerEntry => ({ ...entry, path, digest: undefined, xattrs: noXattrs })
  const kept = versions.map(({ layer, entry, hiding }) => {
    const successor = hiding?.successor && strip(hiding.successor)
    return { layer, entry: strip(entry), hiding: hiding && { ...hiding, successor } }
  })
  return { path, rule, versions: kept }
}

function keyOf(layer: number, path: LayerPath): string {
  return `${layer}:${path}`
}
