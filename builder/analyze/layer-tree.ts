import type { EntryType, LayerPath } from '../layers/entry.ts'
import { isWithin, type LayerIndex } from '../layers/index-types.ts'
import { type TouchedPath, touchAt } from './touched-path.ts'
import type { TreeChange } from './types.ts'
import { walkPaths } from './walk-paths.ts'

/** A path that a layer touches. Bytes of a directory are those of all that is in it. */
export interface TreeNode {
  readonly path: LayerPath
  /** 1 for a name in the root directory. */
  readonly depth: number
  readonly type: EntryType
  readonly change: TreeChange
  readonly linkname: string
  /** Content that the layer brings. */
  readonly bytes: number
  /** Content of lower layers that it hides. */
  readonly hiddenBytes: number
  /** Paths in it that are not listed. */
  readonly left: number
}

export interface LayerTree {
  readonly nodes: readonly TreeNode[]
  readonly bytes: number
  readonly hiddenBytes: number
  /** Paths that the layer touches, listed or not. */
  readonly paths: number
}

export interface TreeOptions {
  /** Number of the layer, from 0. */
  readonly layer: number
  /** Directories deeper than this are summed up. */
  readonly depth: number
  /** Nodes listed at most; the others are summed up in the directories that are listed. */
  readonly most: number
}

type OpenNode = { -readonly [Key in keyof TreeNode]: TreeNode[Key] }

/** The paths that one layer of a stack adds, changes and deletes, in order. Needs the indexes of it and of those below. */
export function layerTree(indexes: readonly LayerIndex[], { layer, depth, most }: TreeOptions): LayerTree {
  const nodes: OpenNode[] = []
  const open: OpenNode[] = []
  const root: OpenNode = {
    path: '',
    depth: 0,
    type: 'dir',
    change: 'way',
    linkname: '',
    bytes: 0,
    hiddenBytes: 0,
    left: 0,
  }
  let paths = 0
  let deleted: LayerPath | undefined
  for (const placed of walkPaths(indexes.slice(0, layer + 1), { rootMark: 0, markOf: () => 0 })) {
    const touch = touchAt(placed, layer)
    if (touch === undefined || placed.path === '') continue
    while (open.length > 0 && !isWithin(open.at(-1)?.path ?? '', placed.path)) open.pop()
    for (const above of [root, ...open]) addTo(above, touch)
    // What goes with a directory is told by the directory.
    if (deleted !== undefined && isWithin(deleted, placed.path)) continue
    if (touch.change === 'deleted' && touch.entry.type === 'dir') deleted = placed.path
    paths++
    if (depthOf(placed.path) > depth || nodes.length >= most) {
      for (const above of [root, ...open]) above.left++
      continue
    }
    const node = { path: placed.path, depth: depthOf(placed.path), left: 0, ...nodeFields(touch) }
    nodes.push(node)
    open.push(node)
  }
  return { nodes, bytes: root.bytes, hiddenBytes: root.hiddenBytes, paths }
}

function addTo(node: OpenNode, { bytes, hiddenBytes }: TouchedPath): void {
  node.bytes += bytes
  node.hiddenBytes += hiddenBytes
}

function depthOf(path: LayerPath): number {
  return path.split('/').length
}

function nodeFields({ entry, change, bytes, hiddenBytes }: TouchedPath): Omit<TreeNode, 'path' | 'depth' | 'left'> {
  return { type: entry.type, linkname: entry.linkname, change, bytes, hiddenBytes }
}
