import type { LayerPath } from '../layers/entry.ts'
import type { RootfsView } from '../layers/view.ts'

/**
 * Tells without looking inside that a directory has the same content in two views: the same layers have a part in it,
 * and what those say does not depend on different layers below. False when that cannot be told.
 */
export function directoryKeys(a: RootfsView, b: RootfsView): (path: LayerPath) => boolean {
  const shared = sharedLayers(a, b)
  const isSame = (layer: number, other: number): boolean =>
    a.layers[layer]?.diffID === b.layers[other]?.diffID &&
    ((layer === other && layer < shared) || (standsAlone(a, layer) && standsAlone(b, other)))
  return (path) => {
    const [inA, inB] = [a.parts(path), b.parts(path)]
    return inA.length === inB.length && inA.every((layer, i) => isSame(layer, inB[i] ?? -1))
  }
}

/** How many layers from the bottom both have. */
function sharedLayers(a: RootfsView, b: RootfsView): number {
  const different = a.layers.findIndex(({ diffID }, i) => b.layers[i]?.diffID !== diffID)
  return different < 0 ? a.layers.length : different
}

/** A layer that names each of its directories and links only what it has itself is the same on any layers below. */
function standsAlone(view: RootfsView, layer: number): boolean {
  const index = view.layers[layer]?.index
  return index !== undefined && index.implicitDirs.length === 0 && index.foreignLinks.length === 0
}
