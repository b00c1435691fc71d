import type { LayerPath } from '../entry.ts'
import { isWithin } from '../index-types.ts'
import type { Origin, RootfsView } from '../view.ts'
import { CursorHeap, LayerCursor, type PathRecords } from './cursor.ts'

/** What a run of neighbouring layers does at one path, taken together. */
export interface RunPath {
  readonly path: LayerPath
  /** `file` is everything but a directory; `nothing` means that the run deletes the path. */
  readonly kind: 'file' | 'dir' | 'nothing'
  /** The entry of the run that answers for the path, a hardlink unresolved; a directory may have none. */
  readonly own: Origin | undefined
  /** The path's directory still shows what lies in it below the run. */
  readonly parentOpen: boolean
  /** A directory: it shows what lies in it below the run, as far as its parent does. */
  readonly open: boolean
  /** A directory without an entry in the run: it may be the one that lies below. */
  readonly fromBelow: boolean
}

/** A directory while the records inside it pass. */
interface Frame {
  readonly path: LayerPath
  /** Records of layers under this one are hidden in it. */
  readonly floor: number
  /** It shows what lies in it below the run. */
  readonly open: boolean
}

const hidden = Number.POSITIVE_INFINITY

/**
 * The paths that the layers of a view from number `from` on touch, in order, directories that they only reach into
 * included. Reads each index once, from start to end, and holds one record of each layer.
 */
export function* runPaths(view: RootfsView, from: number): Generator<RunPath> {
  const layers = Array.from({ length: view.layers.length - from }, (_, i) => from + i)
  const heap = new CursorHeap(layers.map((layer) => new LayerCursor(layer, view.placed(layer))))
  const frames: Frame[] = []
  for (let next = heap.path; next !== undefined; next = heap.path) {
    while (frames.length > 0 && !isWithin(frames.at(-1)?.path ?? '', next)) frames.pop()
    const path = nextStep(frames.at(-1)?.path, next)
    const parent = frames.at(-1) ?? { path: '', floor: from, open: true }
    const { decided, frame } = decide(path, parent, partsOf(heap, path, parent.floor))
    frames.push(frame)
    if (decided !== undefined) yield decided
  }
}

/** The outermost directory on the way from `at` to `path` that was not looked at yet, or the path itself. */
function nextStep(at: LayerPath | undefined, path: LayerPath): LayerPath {
  if (at === undefined) return ''
  const slash = path.indexOf('/', at === '' ? 0 : at.length + 1)
  return slash < 0 ? path : path.slice(0, slash)
}

/** A layer that has a part in a path: records of its own, or something inside it. */
interface Part extends PathRecords {
  readonly inside: boolean
}

/** The parts of the layers from `floor` on, the topmost first. */
function partsOf(heap: CursorHeap, path: LayerPath, floor: number): Part[] {
  const taken = heap.take(path).filter(({ layer }) => layer >= floor)
  // Nothing above a file reaches into it as a directory.
  if ((taken[0]?.entry?.type ?? 'dir') !== 'dir') return taken.map((records) => ({ ...records, inside: false }))
  const inside = new Set(heap.layersInside(path).filter((layer) => layer >= floor))
  const parts = taken.map((records) => ({ ...records, inside: inside.delete(records.layer) }))
  if (inside.size === 0) return parts
  const implicit = [...inside].map((layer) => ({
    layer,
    entry: undefined,
    whiteout: false,
    opaque: false,
    inside: true,
  }))
  return [...parts, ...implicit].sort((a, b) => b.layer - a.layer)
}

interface Decision {
  /** Undefined: hidden, or hidden again. */
  readonly decided: RunPath | undefined
  readonly frame: Frame
}

/** Goes through the layers top to bottom until one hides all below it, as a view does. */
function decide(path: LayerPath, parent: Frame, parts: readonly Part[]): Decision {
  let own: Origin | undefined
  let isDirectory = false
  // After an opaque mark only the directory's own metadata still comes from below.
  let closed = false
  let replaced = false
  let { floor } = parent
  for (const { layer, entry, whiteout, opaque, inside } of parts) {
    if (entry !== undefined && entry.type !== 'dir') {
      if (!isDirectory) return fileAt(path, parent, { layer, entry })
      replaced = true
      if (!closed) floor = layer + 1
      break
    }
    if (entry !== undefined || opaque || inside) isDirectory = true
    if (entry !== undefined) own ??= { layer, entry }
    if (!closed && (opaque || whiteout)) floor = layer
    closed ||= opaque
    replaced ||= whiteout
    if (replaced) break
  }
  if (isDirectory) return directoryAt(path, parent, { own, closed, replaced, floor })
  if (!replaced) return { decided: undefined, frame: { path, floor: hidden, open: false } }
  return { decided: deletedAt(path, parent), frame: { path, floor: hidden, open: false } }
}

function fileAt(path: LayerPath, { open: parentOpen }: Frame, own: Origin): Decision {
  const decided = { path, kind: 'file', own, parentOpen, open: false, fromBelow: false } as const
  return { decided, frame: { path, floor: hidden, open: false } }
}

function deletedAt(path: LayerPath, { open: parentOpen }: Frame): RunPath {
  return { path, kind: 'nothing', own: undefined, parentOpen, open: false, fromBelow: false }
}

interface FoundDirectory {
  readonly own: Origin | undefined
  readonly closed: boolean
  readonly replaced: boolean
  readonly floor: number
}

function directoryAt(path: LayerPath, parent: Frame, { own, closed, replaced, floor }: FoundDirectory): Decision {
  const open = parent.open && !closed && !replaced
  const fromBelow = own === undefined && parent.open && !replaced
  return {
    decided: { path, kind: 'dir', own, parentOpen: parent.open, open, fromBelow },
    frame: { path, floor, open },
  }
}
