import { IbuildError } from '../../shared/base/errors.ts'
import { baseOf, joinPath, type LayerEntry, type LayerPath, parentOf } from './entry.ts'
import type { LayerIndex } from './index-types.ts'
import { indexOf } from './layer-index.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'
import { MovedRecords } from './moved-records.ts'
import { resolvePath } from './resolve.ts'
import type { FileTree } from './tree.ts'

/** Directory of a layer -> where it really lies; only for those that lie elsewhere. */
type Moves = ReadonlyMap<LayerPath, LayerPath>

/**
 * A layer's index as it applies on top of `below`. A layer may have `lib/x` but no entry for `lib`: when `lib` is a symlink
 * below, the file belongs where the link leads, confined to the root; its entries are moved there. The index itself comes
 * back when nothing moves. What moves is laid out in `scratch` when it is much, and without that folder in memory.
 * LAYER_INVALID when such a directory is a file below.
 */
export function placeLayer(below: Pick<FileTree, 'lstat'>, index: LayerIndex, scratch?: string): LayerIndex {
  if (index.implicitDirs.length === 0) return index
  if (index.implicitDirs.length >= manyRecords) tellManyRecords()
  const moves = findMoves(below, index)
  return moves.size === 0 ? index : movedIndex(index, moves, scratch)
}

function findMoves(below: Pick<FileTree, 'lstat'>, index: LayerIndex): Moves {
  const moves = new Map<LayerPath, LayerPath>()
  for (const dir of index.implicitDirs) {
    if (hidesBelow(index, dir)) continue
    const at = movedPath(moves, dir)
    const entry = below.lstat(at)
    if (entry === undefined || entry.type === 'dir') continue
    if (entry.type !== 'symlink') throw misfit(dir, at)
    const target = resolvePath(below, at, { followLast: true }).path
    checkDirectories(below, dir, target)
    checkFree(index, dir, target)
    moves.set(dir, target)
  }
  return moves
}

/** True when the layer itself hides what lies below at an implicit directory. */
function hidesBelow(index: LayerIndex, dir: LayerPath): boolean {
  if (index.find(dir).whiteout) return true
  for (let at = dir; at !== ''; ) {
    at = parentOf(at)
    const facts = index.find(at)
    if (facts.whiteout || facts.opaque) return true
  }
  return false
}

/** The target and what it lies in must be directories, or not there at all. */
function checkDirectories(below: Pick<FileTree, 'lstat'>, dir: LayerPath, target: LayerPath): void {
  for (let at = target; at !== ''; at = parentOf(at)) {
    const type = below.lstat(at)?.type
    if (type === 'dir') return
    if (type !== undefined) throw misfit(dir, at)
  }
}

/** The layer's own entries must not turn the place where something moves to into anything but directories. */
function checkFree(index: LayerIndex, dir: LayerPath, target: LayerPath): void {
  for (let at = target; at !== ''; at = parentOf(at)) {
    const type = index.lookup(at)?.type
    if (type !== undefined && type !== 'dir') throw misfit(dir, at)
  }
}

function misfit(dir: LayerPath, at: LayerPath): IbuildError {
  const [shownDir, shownAt] = [dir, at].map((path) => JSON.stringify(path.slice(0, 200)))
  return new IbuildError('LAYER_INVALID', `a layer has files in ${shownDir}, but ${shownAt} is no directory`)
}

/** A path with the innermost moved directory above it (or itself) replaced. */
function movedPath(moves: Moves, path: LayerPath): LayerPath {
  if (path === '' || moves.size === 0) return path
  const own = moves.get(path)
  if (own !== undefined) return own
  const parent = parentOf(path)
  const moved = movedPath(moves, parent)
  return moved === parent ? path : joinPath(moved, baseOf(path))
}

/** The records at their real places; of two that meet there, the one that stood later in the layer stays. */
function movedIndex(index: LayerIndex, moves: Moves, scratch: string | undefined): LayerIndex {
  const moved = new MovedRecords(scratch)
  try {
    for (const record of index.entries()) moved.add(movedRecord(moves, record))
    return indexOf(moved, scratch)
  } finally {
    moved.close()
  }
}

function movedRecord(moves: Moves, record: LayerEntry): LayerEntry {
  const isOpaqueMark = record.type === 'whiteout' && record.opaque
  // A whiteout or an entry at the place of a moved directory would be about the link: only what lies inside moves.
  const path = isOpaqueMark ? movedPath(moves, record.path) : movedInside(moves, record.path)
  if (record.type !== 'hardlink') return { ...record, path }
  return { ...record, path, linkname: movedInside(moves, record.linkname) }
}

function movedInside(moves: Moves, path: LayerPath): LayerPath {
  const parent = parentOf(path)
  const moved = movedPath(moves, parent)
  return moved === parent ? path : joinPath(moved, baseOf(path))
}
