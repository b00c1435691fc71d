import { resolve } from 'node:path'
import type { BuildOptions } from '../build-types.ts'
import type { StepFacts } from '../explain/types.ts'
import type { PlannedStage, StageBase } from '../plan/types.ts'
import { concealText } from './conceal.ts'
import { chainKey } from './layer-chain.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { keyVersion } from './step-key.ts'

/** Longer instructions are cut in records. */
const longestSource = 200

/** Where a step stands, for its record. */
export function factsOf({ solver }: StageScope, { stage, step }: PlacedStep): StepFacts {
  const position = stage.steps.indexOf(step)
  const before = stage.steps[position - 1]?.source
  const after = before === undefined ? undefined : concealText(before).slice(0, longestSource)
  const takesFromContext = step.kind === 'copy' && step.from.kind === 'context'
  const ignore = takesFromContext ? solver.context.ignoreFile?.() : undefined
  return {
    version: keyVersion,
    position,
    base: baseOf(stage.base),
    ...(after !== undefined && { after }),
    ...(ignore !== undefined && { ignore }),
  }
}

function baseOf(base: StageBase): StepFacts['base'] {
  switch (base.kind) {
    case 'scratch':
      return { name: 'scratch', digest: '' }
    case 'image':
      return { name: base.image.name, digest: base.image.manifestDigest }
    case 'stage':
      return { name: `stage ${base.stage.title}`, digest: '' }
  }
}

/**
 * Under which its record is found again: its text wherever it stands, its place whatever stands there, and the layers
 * below, so that an edited step is known in another folder too. On a base alone stand steps that have nothing in common.
 */
export function namesOf({ solver }: StageScope, { stage, step, chain }: PlacedStep): string[] {
  const position = stage.steps.indexOf(step)
  const names = [`text ${step.source}`, `place ${JSON.stringify([solver.origin, stage.title, position])}`]
  return position === 0 ? names : [...names, `below ${step.kind} ${chainKey(chain)}`]
}

/** What the step lies on, for messages. */
export function belowOf({ stage, step }: PlacedStep): string {
  return lastOf(stage, stage.steps.indexOf(step) - 1)
}

function lastOf(stage: PlannedStage, position: number): string {
  const step = stage.steps[position]
  if (step !== undefined) return `step ${concealText(step.title)}`
  const { base } = stage
  if (base.kind === 'stage') return lastOf(base.stage, base.stage.steps.length - 1)
  return base.kind === 'scratch' ? 'scratch' : `base image ${base.image.name}`
}

/** Names context and Dockerfile of a build: steps at the same place of the same build can be compared. */
export function originOf({ context, dockerfile }: Pick<BuildOptions, 'context' | 'dockerfile'>): string {
  const folder = context.kind === 'directory' ? resolve(context.path) : 'stream'
  const file = dockerfile?.kind === 'path' ? resolve(dockerfile.path) : (dockerfile?.kind ?? 'default')
  return JSON.stringify([folder, file])
}
