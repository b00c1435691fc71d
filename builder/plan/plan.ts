import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import { formatPlatform, parsePlatform, samePlatform } from '../../shared/oci/platform.ts'
import { expandWord } from '../dockerfile/expand.ts'
import { parseTrigger } from '../dockerfile/parse.ts'
import type { CopyInstruction, Dockerfile, Instruction, Stage } from '../dockerfile/types.ts'
import {
  applyArg,
  applyCommand,
  applyEnv,
  applyExpose,
  applyHealthcheck,
  applyLabel,
  applyShell,
  applyVolume,
  applyWord,
} from './apply-settings.ts'
import { applyCopy, applyRun, applyWorkdir } from './apply-steps.ts'
import { baseName } from './base-name.ts'
import { globalScope, sourceDateEpoch } from './scope.ts'
import { createStageState, formatEnvironment, type StageState } from './stage-state.ts'
import { findBaseStage, findCopyStage, findTarget } from './stages.ts'
import type { BaseImage, CopyStep, ImageSource, Plan, PlannedStage, PlanOptions, StageBase } from './types.ts'

interface Planned {
  readonly stage: PlannedStage
  readonly state: StageState
}

interface Planner {
  readonly dockerfile: Dockerfile
  readonly options: PlanOptions
  readonly images: ImageSource
  readonly globals: ReadonlyMap<string, string>
  /** Stages by index, in the order in which they became complete: each after those it needs. */
  readonly planned: Map<number, Planned>
}

/**
 * Turns a Dockerfile into the steps of the stages that the target needs; other stages are not looked at (FR06).
 * Pure but for `images`. Errors: STAGE_UNKNOWN, DOCKERFILE_EXPANSION, DOCKERFILE_SYNTAX, NOT_SUPPORTED, and those of `images`.
 */
export async function planBuild(dockerfile: Dockerfile, options: PlanOptions, images: ImageSource): Promise<Plan> {
  const globals = globalScope(dockerfile, options)
  const planner: Planner = { dockerfile, options, images, globals, planned: new Map() }
  const target = await planStage(planner, findTarget(dockerfile, options.target))
  const stages = [...planner.planned.values()].map(({ stage }) => stage)
  return { epoch: sourceDateEpoch(globals, options), stages, target: withLabels(target.stage, options) }
}

function withLabels(stage: PlannedStage, { labels }: PlanOptions): PlannedStage {
  if (labels.size === 0) return stage
  const settings = { ...stage.config.config, Labels: { ...stage.config.config?.Labels, ...Object.fromEntries(labels) } }
  return { ...stage, config: { ...stage.config, config: settings } }
}

async function planStage(planner: Planner, stage: Stage): Promise<Planned> {
  const known = planner.planned.get(stage.index)
  if (known !== undefined) return known
  const { base, state, triggers } = await openStage(planner, stage)
  for (const text of triggers) {
    const trigger = parseTrigger(text, { escape: state.escape, location: stage.location })
    await apply(planner, { stage, state, instruction: trigger })
  }
  for (const instruction of stage.instructions) await apply(planner, { stage, state, instruction })
  const planned = { stage: closeStage(stage, base, state), state }
  planner.planned.set(stage.index, planned)
  return planned
}

interface OpenStage {
  readonly base: StageBase
  readonly state: StageState
  /** ONBUILD triggers of the base, to be applied first. */
  readonly triggers: readonly string[]
}

async function openStage(planner: Planner, stage: Stage): Promise<OpenStage> {
  const shared = { options: planner.options, escape: planner.dockerfile.escape, globals: planner.globals }
  const name = baseName(planner.dockerfile, stage, planner.globals)
  checkPlatform(planner, stage)
  if (name === 'scratch') {
    return {
      base: { kind: 'scratch' },
      state: createStageState({ image: scratchConfig(planner.options) }, shared),
      triggers: [],
    }
  }
  const baseStage = findBaseStage(planner.dockerfile, stage, name)
  if (baseStage !== undefined) {
    const { stage: planned, state } = await planStage(planner, baseStage)
    const inherited = { image: planned.config, env: state.env, buildArgs: state.buildArgs }
    return {
      base: { kind: 'stage', stage: planned },
      state: createStageState(inherited, shared),
      triggers: planned.config.config?.OnBuild ?? [],
    }
  }
  const image = await planner.images.resolve(name, stage.location)
  return {
    base: { kind: 'image', image },
    state: createStageState({ image: image.config }, shared),
    triggers: image.config.config?.OnBuild ?? [],
  }
}

function scratchConfig({ platform }: PlanOptions): ImageConfig {
  const { os, architecture, variant } = platform
  const config = { WorkingDir: '/' }
  return {
    architecture,
    os,
    ...(variant !== undefined && { variant }),
    config,
    rootfs: { type: 'layers', diff_ids: [] },
  }
}

/** Only the host's platform can be built for now. */
function checkPlatform({ dockerfile, options, globals }: Planner, stage: Stage): void {
  if (stage.platform === undefined) return
  const { location } = stage
  const text = expandWord(stage.platform, { variables: globals, escape: dockerfile.escape, location })
  if (text === '') {
    throw new IbuildError('DOCKERFILE_EXPANSION', `empty platform value from expression ${stage.platform}`, {
      location,
    })
  }
  if (samePlatform(parsePlatform(text), options.platform)) return
  throw new IbuildError(
    'NOT_SUPPORTED',
    `FROM --platform=${text}: building for another platform is not supported yet`,
    {
      location,
      hint: `This machine builds ${formatPlatform(options.platform)} only.`,
    },
  )
}

interface Placed {
  readonly stage: Stage
  readonly state: StageState
  readonly instruction: Instruction
}

/** The history is a part of the image's config, which has a limit of its own; so many instructions are nobody's wish. */
const mostHistory = 2 * 1024 * 1024

async function apply(planner: Planner, placed: Placed): Promise<void> {
  await applyOne(planner, placed)
  if (placed.state.historySize <= mostHistory) return
  throw new IbuildError(
    'DOCKERFILE_TOO_LARGE',
    'the instructions up to this one make an image history of more than 2 MiB',
    {
      location: placed.instruction.location,
      hint: 'An ARG is repeated in the history of each RUN after it: declare large ones late. Put long values into files.',
    },
  )
}

async function applyOne(planner: Planner, { stage, state, instruction }: Placed): Promise<void> {
  switch (instruction.kind) {
    case 'ARG':
      return applyArg(state, instruction)
    case 'ENV':
      return applyEnv(state, instruction)
    case 'LABEL':
      return applyLabel(state, instruction)
    case 'CMD':
    case 'ENTRYPOINT':
      return applyCommand(state, instruction)
    case 'SHELL':
      return applyShell(state, instruction)
    case 'HEALTHCHECK':
      return applyHealthcheck(state, instruction)
    case 'EXPOSE':
      return applyExpose(state, instruction)
    case 'VOLUME':
      return applyVolume(state, instruction)
    case 'WORKDIR':
      return applyWorkdir(state, instruction)
    case 'USER':
    case 'STOPSIGNAL':
    case 'MAINTAINER':
      return applyWord(state, instruction)
    case 'ONBUILD':
      state.settings.OnBuild = [...(state.settings.OnBuild ?? []), instruction.trigger]
      return
    case 'RUN':
      return applyRun(state, instruction)
    case 'COPY':
    case 'ADD':
      return applyCopy(state, instruction, await copySource(planner, { stage, instruction }))
  }
}

async function copySource(
  planner: Planner,
  { stage, instruction }: { stage: Stage; instruction: CopyInstruction },
): Promise<CopyStep['from']> {
  const { from, location } = instruction
  if (from === undefined) return { kind: 'context' }
  const source = findCopyStage(planner.dockerfile, stage, { from, location })
  if (source !== undefined) return { kind: 'stage', stage: (await planStage(planner, source)).stage }
  return { kind: 'image', image: await copyImage(planner, { name: from, stage, location }) }
}

interface CopyImage {
  readonly name: string
  /** The stage that copies. */
  readonly stage: Stage
  readonly location: SourceLocation
}

/** What is no stage is an image; that there is none may come from a misspelt stage. */
async function copyImage({ images, dockerfile }: Planner, { name, stage, location }: CopyImage): Promise<BaseImage> {
  if (name === 'scratch') {
    throw new IbuildError('STAGE_UNKNOWN', 'COPY --from=scratch has nothing to copy', {
      location,
      hint: 'Name a stage or an image.',
    })
  }
  try {
    return await images.resolve(name, location)
  } catch (error) {
    const earlier = dockerfile.stages.slice(0, stage.index).flatMap((each) => each.name ?? [])
    const similar = suggest(name.toLowerCase(), earlier)
    if (similar === undefined || !(error instanceof IbuildError)) throw error
    const hint = `Did you mean the stage ${similar}?`
    throw new IbuildError(error.code, error.message, { location, cause: error, hint })
  }
}

function closeStage(stage: Stage, base: StageBase, state: StageState): PlannedStage {
  const title = stage.name ?? `stage-${stage.index}`
  const total = state.steps.length + 1
  const steps = state.steps.map((step, i) => ({ ...step, title: `[${title} ${i + 2}/${total}] ${step.title}` }))
  const { rootfs: _rootfs, history: _history, created: _created, ...image } = state.image
  const config = { ...image, config: settingsOf(state), rootfs: { type: 'layers' as const, diff_ids: [] } }
  return { index: stage.index, name: stage.name, title, base, steps, config, history: state.history }
}

function settingsOf({ settings, imageEnv, labels }: StageState): NonNullable<ImageConfig['config']> {
  const hasLabels = labels.size > 0 || settings.Labels !== undefined
  return {
    ...settings,
    Env: formatEnvironment(imageEnv),
    ...(hasLabels && { Labels: Object.fromEntries(labels) }),
  }
}
