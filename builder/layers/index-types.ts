import { comparePaths, type LayerEntry, type LayerPath } from './entry.ts'
import type { SortedPaths } from './sorted-paths.ts'

/** What a layer does at one path. Nothing set: the layer does not touch it. */
export interface PathFacts {
  /** The entry, never a whiteout. */
  readonly entry: LayerEntry | undefined
  /** What lies below at this path is hidden. */
  readonly whiteout: boolean
  /** What lies below inside this directory is hidden. */
  readonly opaque: boolean
  /** The layer has something inside this directory, or an opaque mark for it, but no entry for the directory itself. */
  readonly implicit: boolean
}

/** Sums over a layer. */
export interface LayerTotals {
  /** Records: entries and whiteouts. */
  readonly entries: number
  readonly files: number
  /** Content bytes of all files. */
  readonly bytes: number
  readonly whiteouts: number
}

/**
 * The entries of one layer, sorted by `comparePaths`, on disk or in memory; at most a few blocks of it are decoded at
 * any time. Every method is INDEX_INVALID when what it reads is damaged.
 */
export interface LayerIndex {
  readonly totals: LayerTotals
  /** Directories that have something inside but no entry of their own, sorted. */
  readonly implicitDirs: SortedPaths
  /** Paths that hardlinks of this layer name and that are not in this layer, sorted. */
  readonly foreignLinks: SortedPaths
  /** Entries that other names of this layer are hardlinks to, sorted. */
  readonly linkTargets: SortedPaths
  /** The entry at a path as stored: no whiteout, a hardlink unresolved. */
  lookup(path: LayerPath): LayerEntry | undefined
  /** Everything that the layer does at a path. */
  find(path: LayerPath): PathFacts
  /** The path's own records and all below it, in order; whiteouts included. */
  subtree(path: LayerPath): Iterable<LayerEntry>
  /** All records in order; whiteouts included. */
  entries(): Iterable<LayerEntry>
  /** Names directly inside a directory that the layer touches (whiteouts and implicit directories too), sorted. */
  children(path: LayerPath): Iterable<string>
}

/** The mark of an opaque directory without an entry of its own. */
export function isOpaqueMark(entry: LayerEntry): boolean {
  return entry.type === 'whiteout' && entry.opaque
}

/** The order of records: by path; on one path the whiteout, then the opaque mark, then the entry. */
export function compareRecords(a: LayerEntry, b: LayerEntry): number {
  return comparePaths(a.path, b.path) || rank(a) - rank(b)
}

function rank(entry: LayerEntry): number {
  if (entry.type !== 'whiteout') return 2
  return entry.opaque ? 1 : 0
}

/** True when `path` is `directory` or lies in it. Everything lies in ''. */
export function isWithin(directory: LayerPath, path: LayerPath): boolean {
  if (directory === '' || path === directory) return true
  return path.charCodeAt(directory.length) === 47 && path.startsWith(directory)
}
