import type { StoredImage } from '../../builder/store/types.ts'
import { isIbuildError } from '../../shared/base/errors.ts'

/**
 * The images that were built on `image`: their layers start with all of its layers and their history with its history, and
 * they have more of one or the other. Images do not name their parent, so this is what can be known. What is damaged is no
 * child and has none.
 */
export function childrenOf(image: StoredImage, all: readonly StoredImage[]): StoredImage[] {
  const parent = lineageOf(image)
  if (parent === undefined) return []
  return all.filter((other) => {
    const child = lineageOf(other)
    return child !== undefined && other.imageID !== image.imageID && isPrefix(parent, child)
  })
}

interface Lineage {
  readonly layers: readonly string[]
  readonly history: readonly string[]
}

function lineageOf(image: StoredImage): Lineage | undefined {
  try {
    const { rootfs, history = [] } = image.config
    return { layers: rootfs.diff_ids, history: history.map((entry) => JSON.stringify(entry)) }
  } catch (error) {
    if (isIbuildError(error)) return undefined
    throw error
  }
}

function isPrefix(parent: Lineage, child: Lineage): boolean {
  const grown = child.layers.length > parent.layers.length || child.history.length > parent.history.length
  return grown && startsWith(child.layers, parent.layers) && startsWith(child.history, parent.history)
}

function startsWith(whole: readonly string[], start: readonly string[]): boolean {
  return start.length <= whole.length && start.every((each, i) => whole[i] === each)
}
