import type { PlannedStage, Step } from '../plan/types.ts'
import { groupsOf, type MergeWish } from './groups.ts'
import { checkDepth, mostLayers, mostLayersForDocker } from './layer-limit.ts'
import { lineRanges } from './line-ranges.ts'
import type { Partition } from './partition.ts'

/** How the layers of an image will be merged, and a warning when it will still have many. */
export interface MergePlan {
  /** Of the whole stack. */
  readonly groups: Partition
  readonly warning: string | undefined
}

/**
 * Counts the layers that a stage will have, through the stages that it starts from, before anything runs. LAYER_LIMIT when
 * they are too many and nothing asks to merge enough of them.
 */
export function planMerge(stage: PlannedStage, wish: MergeWish): MergePlan {
  const { base, steps } = layersOf(stage)
  const groups = groupsOf({ base, added: steps.length }, wish)
  const most = wish.forDocker === true ? mostLayersForDocker : mostLayers
  const warning = checkDepth(groups.length, {
    subject: 'the image',
    forDocker: wish.forDocker === true,
    isAsked: wish.maxLayers !== undefined,
    hint: hintOf(base, most),
    detail: detailOf(base, steps),
    location: (steps[Math.max(0, most - base)] ?? steps[0])?.location,
  })
  return { groups, warning }
}

interface StageLayers {
  readonly base: number
  /** Of all stages on the way from the base, in order. */
  readonly steps: readonly Step[]
}

function layersOf({ base, steps }: PlannedStage): StageLayers {
  if (base.kind === 'scratch') return { base: 0, steps }
  if (base.kind === 'image') return { base: base.image.diffIDs.length, steps }
  const below = layersOf(base.stage)
  return { base: below.base, steps: [...below.steps, ...steps] }
}

function hintOf(base: number, most: number): string {
  if (base < most) return `Merge layers with --squash or --max-layers=auto.`
  return 'The base alone has that many: merge its layers too, with --squash=all or --max-layers=auto.'
}

function detailOf(base: number, steps: readonly Step[]): string | undefined {
  const ofBase = base === 0 ? [] : [`${base} of the base`]
  const ofSteps = steps.length === 0 ? [] : [`${steps.length} of ${lineRanges(steps.map((step) => step.location))}`]
  return [...ofBase, ...ofSteps].join(', ')
}
