import type { Version } from './fates.ts'
import { FileGroup, Uniform } from './file-group.ts'
import { type HiddenVersion, isHidden, type PathOutcome } from './path-outcome.ts'
import { looksSecret } from './secret-names.ts'
import type { HiddenHow, MetadataChange, SecretWarning, WasteTotals } from './types.ts'

/** Files of one layer that one other layer hides in one way. */
export interface HiddenGroup {
  readonly how: HiddenHow
  readonly layer: number
  readonly by: number
  /** Number of a cache rule, -1 none. */
  readonly rule: number
  readonly changes: readonly MetadataChange[]
  readonly files: FileGroup
  /** `uid:gid` and mode that the new copies have, where all have the same. */
  readonly owner: Uniform<string>
  readonly mode: Uniform<number>
}

/** Files of one layer that are seen, and that a rule of `cacheRules` names. */
export interface CacheGroup {
  readonly rule: number
  readonly layer: number
  /** The layer that had the same files first; a later one only changed their metadata. */
  readonly origin: number
  readonly files: FileGroup
}

/** Sums of one layer. */
export interface LayerTally {
  files: number
  whiteouts: number
  bytes: number
  readonly hidden: Record<HiddenHow, number>
  hides: number
}

const mostGroups = 20_000
const mostSecrets = 100

/** Adds up what became of all paths. Layers are numbered from 0. */
export class WasteTally {
  readonly layers: readonly LayerTally[]
  readonly hidden = new Map<string, HiddenGroup>()
  readonly caches = new Map<string, CacheGroup>()
  readonly secrets: SecretWarning[] = []
  /** False when something was not listed; sums are exact. */
  complete = true
  /** Bytes of layers below `ownFrom` that layers from there on hide. */
  hiddenBase = 0
  readonly #ownFrom: number
  #smallest = 0
  #all = 0
  #repeated = 0

  /** Layers below `ownFrom` are those of the base. */
  constructor(layers: number, ownFrom: number) {
    this.#ownFrom = ownFrom
    this.layers = Array.from({ length: layers }, () => ({
      files: 0,
      whiteouts: 0,
      bytes: 0,
      hidden: { overwritten: 0, deleted: 0, duplicated: 0 },
      hides: 0,
    }))
  }

  countWhiteout(layer: number): void {
    const tally = this.layers[layer]
    if (tally !== undefined) tally.whiteouts++
  }

  /** `seen` are hidden versions whose content is seen under another name. */
  add(outcome: PathOutcome, seen: ReadonlySet<Version> = nothing): void {
    const counted = outcome.versions.filter((version) => !seen.has(version))
    this.#addSizes(counted)
    for (const { entry } of seen) this.#addSum(entry.size, entry.size)
    for (const version of outcome.versions) this.#addVersion(version, outcome, seen.has(version))
  }

  get totals(): WasteTotals {
    const bytes = sum(this.layers, (layer) => layer.bytes)
    const wastedBytes = sum(this.layers, (layer) => layer.hides)
    return {
      files: sum(this.layers, (layer) => layer.files),
      bytes,
      wastedBytes,
      wastedPercent: percentOf(wastedBytes, bytes),
      efficiency: this.#all === 0 ? 1 : this.#smallest / this.#all,
      repeatedBytes: this.#repeated,
    }
  }

  /** A path has the size 0 in a layer that deletes it, or puts a directory or a link in its place. */
  #addSizes(versions: readonly Version[]): void {
    const sizes = versions.map(({ entry }) => entry.size)
    if (versions.some(leavesNothing)) sizes.push(0)
    if (sizes.length === 0) return
    const total = sum(sizes, (size) => size)
    this.#addSum(Math.min(...sizes), total)
    if (sizes.length > 1) this.#repeated += total
  }

  #addSum(smallest: number, total: number): void {
    this.#smallest += smallest
    this.#all += total
  }

  #addVersion(version: Version, { path, rule, versions }: PathOutcome, seen: boolean): void {
    const { layer, entry } = version
    const tally = this.layers[layer]
    if (entry.type !== 'file' || tally === undefined) return
    tally.files++
    tally.bytes += entry.size
    if (looksSecret(path) && entry.size > 0) this.#addSecret(version, path)
    if (isHidden(version) && !seen) this.#hide(version, rule, tally)
    else if (rule >= 0) this.#addCache(version, rule, originOf(version, versions))
  }

  #hide(version: HiddenVersion, rule: number, tally: LayerTally): void {
    const { entry, layer, hiding } = version
    const killer = this.layers[hiding.by]
    if (killer === undefined || entry.size === 0) return
    tally.hidden[hiding.how] += entry.size
    killer.hides += entry.size
    if (layer < this.#ownFrom && hiding.by >= this.#ownFrom) this.hiddenBase += entry.size
    const group = this.#groupOf(version, rule)
    group?.files.add({ path: entry.path, bytes: entry.size, layer })
    if (hiding.successor === undefined) return
    group?.owner.see(`${hiding.successor.uid}:${hiding.successor.gid}`)
    group?.mode.see(hiding.successor.mode)
  }

  #groupOf({ layer, hiding }: HiddenVersion, rule: number): HiddenGroup | undefined {
    const { how, by, changes } = hiding
    const key = `${how} ${layer} ${by} ${rule} ${changes.join()}`
    const known = this.hidden.get(key)
    if (known !== undefined || !this.#hasRoom(this.hidden)) return known
    const made = {
      how,
      layer,
      by,
      rule,
      changes,
      files: new FileGroup(),
      owner: new Uniform<string>(),
      mode: new Uniform<number>(),
    }
    this.hidden.set(key, made)
    return made
  }

  #addCache({ entry, layer }: Version, rule: number, origin: number): void {
    const key = `${rule} ${layer} ${origin}`
    const known = this.caches.get(key)
    if (known === undefined && !this.#hasRoom(this.caches)) return
    const group = known ?? { rule, layer, origin, files: new FileGroup() }
    this.caches.set(key, group)
    group.files.add({ path: entry.path, bytes: entry.size, layer })
  }

  #addSecret({ layer, hiding }: Version, path: string): void {
    if (layer < this.#ownFrom) return
    if (this.secrets.length >= mostSecrets) this.complete = false
    else this.secrets.push({ path, layer: layer + 1, hiddenBy: hiding === undefined ? undefined : hiding.by + 1 })
  }

  #hasRoom(groups: ReadonlyMap<string, unknown>): boolean {
    if (groups.size < mostGroups) return true
    this.complete = false
    return false
  }
}

const nothing: ReadonlySet<Version> = new Set()

/** The layer in which the content of a version came to its path. */
function originOf(version: Version, versions: readonly Version[]): number {
  let origin = version.layer
  for (let at = versions.indexOf(version) - 1; versions[at]?.hiding?.how === 'duplicated'; at--) {
    origin = versions[at]?.layer ?? origin
  }
  return origin
}

function leavesNothing({ entry, hiding }: Version): boolean {
  return entry.type === 'file' && hiding !== undefined && (hiding.how === 'deleted' || hiding.successor?.type === 'dir')
}

/** 100 times the share; 0 of nothing. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
