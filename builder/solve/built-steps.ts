import type { Digest } from '../../shared/base/digest.ts'
import type { SourceLocation } from '../../shared/base/errors.ts'
import type { PlannedStage, Step } from '../plan/types.ts'
import type { EmitEvent } from './events.ts'

/** A step of the stage that was built, or of a stage that it starts from, and the layer that it made. */
export interface BuiltStep {
  readonly title: string
  readonly location: SourceLocation
  readonly diffID: Digest
  /** The layer came from the cache; nothing was run or copied. */
  readonly cached: boolean
}

/** The layers of a built stage before any are merged: those of the image it starts from, then one of each step. */
export interface BuiltLayers {
  readonly baseLayers: readonly Digest[]
  readonly steps: readonly BuiltStep[]
}

/** Pairs the layers of a solved stage with the steps that made them; `cached` holds titles of steps. */
export function builtLayers(stage: PlannedStage, diffIDs: readonly Digest[], cached: ReadonlySet<string>): BuiltLayers {
  const steps = allSteps(stage)
  const own = diffIDs.length - steps.length
  const paired = steps.flatMap(({ title, location }, i) => {
    const diffID = diffIDs[own + i]
    return diffID === undefined ? [] : [{ title, location, diffID, cached: cached.has(title) }]
  })
  return { baseLayers: diffIDs.slice(0, own), steps: paired }
}

/** The steps of a stage after those of the stage that it starts from. */
function allSteps({ base, steps }: PlannedStage): readonly Step[] {
  return base.kind === 'stage' ? [...allSteps(base.stage), ...steps] : steps
}

/** Passes events on and remembers the titles of the steps that came from the cache. */
export function rememberCached(emit: EmitEvent): { readonly emit: EmitEvent; readonly cached: ReadonlySet<string> } {
  const cached = new Set<string>()
  const numbers = new Set<number>()
  return {
    cached,
    emit(event) {
      if (event.type === 'step-cached' && (event.sameAs === undefined || numbers.has(event.sameAs))) {
        cached.add(event.title)
        numbers.add(event.step)
      }
      emit(event)
    },
  }
}
