import { groupsOf } from './groups.ts'
import { checkDepth, type MaxLayers } from './layer-limit.ts'
import type { Partition } from './partition.ts'

export interface LoadedDepth {
  readonly layers: number
  /** Names of the image, if any. */
  readonly names: readonly string[]
  readonly maxLayers: MaxLayers | undefined
}

/** How the layers of an image that comes from elsewhere are merged. LAYER_LIMIT when they are too many and need not be. */
export function planLoad({ layers, names, maxLayers }: LoadedDepth): Partition {
  const groups = groupsOf({ base: layers, added: 0 }, { maxLayers })
  checkDepth(groups.length, { subject: names[0] ?? 'the image', hint: 'Load it with --max-layers=auto to merge some.' })
  return groups
}
