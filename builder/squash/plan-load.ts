import { shortName } from '../../shared/base/reference.ts'
import { groupsOf } from './groups.ts'
import { checkDepth, type MaxLayers } from './layer-limit.ts'
import type { Partition } from './partition.ts'

export interface LoadedDepth {
  readonly layers: number
  /** Names of the image, if any. */
  readonly names: readonly string[]
  readonly maxLayers: MaxLayers | undefined
}

export interface LoadPlan {
  readonly groups: Partition
  /** To be shown, when the image has nearly too many layers. */
  readonly warning: string | undefined
}

/** How the layers of an image that comes from elsewhere are merged. LAYER_LIMIT when they are too many and need not be. */
export function planLoad({ layers, names, maxLayers }: LoadedDepth): LoadPlan {
  const groups = groupsOf({ base: layers, added: 0 }, { maxLayers })
  const subject = names[0] === undefined ? 'the image' : shortName(names[0])
  const hint = 'Load it with --max-layers=auto to merge some.'
  const warning = checkDepth(groups.length, { subject, isAsked: maxLayers !== undefined, hint })
  return { groups, warning }
}
