import { comparePaths, type LayerEntry, type LayerPath } from './entry.ts'
import type { IndexBlock } from './index-block.ts'
import type { IndexTable } from './index-table.ts'
import { isOpaqueMark, isWithin, type LayerIndex, type PathFacts } from './index-types.ts'
import { noPaths, type SortedPaths } from './sorted-paths.ts'

/** A record: block and position in it. */
interface Place {
  block: number
  at: number
}

const untouched: PathFacts = { entry: undefined, whiteout: false, opaque: false, implicit: false }

/** A {@link LayerIndex} over a table and a function that gives the decoded blocks. */
export function blockIndex(table: IndexTable, load: (block: number) => IndexBlock): LayerIndex {
  const { blocks } = table

  /** The first record for which `isBefore` is false; records for which it is true come first. */
  function seek(isBefore: (path: LayerPath) => boolean): Place {
    const next = partition(blocks.length, (i) => isBefore(blocks[i]?.firstPath ?? ''))
    if (next === 0) return { block: 0, at: 0 }
    const { paths } = load(next - 1)
    const at = partition(paths.length, (i) => isBefore(paths[i] ?? ''))
    return at < paths.length ? { block: next - 1, at } : { block: next, at: 0 }
  }

  function pathAt(place: Place): LayerPath | undefined {
    const info = blocks[place.block]
    if (info === undefined) return undefined
    return place.at === 0 ? info.firstPath : load(place.block).paths[place.at]
  }

  function entryAt(place: Place): LayerEntry {
    return load(place.block).entry(place.at)
  }

  function advance(place: Place): void {
    place.at++
    if (place.at < (blocks[place.block]?.records ?? 0)) return
    place.block++
    place.at = 0
  }

  function find(path: LayerPath): PathFacts {
    const place = seek((other) => comparePaths(other, path) < 0)
    let next = pathAt(place)
    if (next === undefined || !isWithin(path, next)) return untouched
    let [entry, whiteout, opaque]: [LayerEntry | undefined, boolean, boolean] = [undefined, false, false]
    for (; next === path; next = pathAt(place)) {
      const record = entryAt(place)
      opaque ||= record.opaque
      if (record.type !== 'whiteout') entry = record
      else if (!isOpaqueMark(record)) whiteout = true
      advance(place)
    }
    const inside = opaque || (next !== undefined && isWithin(path, next))
    return { entry, whiteout, opaque, implicit: entry === undefined && inside }
  }

  function* subtree(path: LayerPath): Iterable<LayerEntry> {
    const place = seek((other) => comparePaths(other, path) < 0)
    for (let next = pathAt(place); next !== undefined && isWithin(path, next); next = pathAt(place)) {
      yield load(place.block).decode(place.at)
      advance(place)
    }
  }

  function* children(path: LayerPath): Iterable<string> {
    const place = seek((other) => comparePaths(other, path) <= 0)
    const start = path === '' ? 0 : path.length + 1
    let next = pathAt(place)
    while (next !== undefined && isWithin(path, next)) {
      const slash = next.indexOf('/', start)
      const child = slash < 0 ? next : next.slice(0, slash)
      yield child.slice(start)
      advance(place)
      next = pathAt(place)
      if (next === undefined || !isWithin(child, next)) continue
      Object.assign(
        place,
        seek((other) => comparePaths(other, child) <= 0 || isWithin(child, other)),
      )
      next = pathAt(place)
    }
  }

  const list = (number: number): SortedPaths => table.lists()[number] ?? noPaths
  return {
    totals: table.totals,
    get implicitDirs() {
      return list(0)
    },
    get foreignLinks() {
      return list(1)
    },
    get linkTargets() {
      return list(2)
    },
    lookup: (path) => find(path).entry,
    find,
    subtree,
    entries: () => subtree(''),
    children,
  }
}

/** The first number below `count` for which `isBefore` is false, else `count`. */
function partition(count: number, isBefore: (i: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}
