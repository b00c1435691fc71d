import { isIbuildError } from '../../shared/base/errors.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Dockerfile, Stage } from '../dockerfile/types.ts'
import { baseName } from './base-name.ts'
import { globalScope } from './scope.ts'
import { findBaseStage, findCopyStage, findTarget } from './stages.ts'
import type { PlanOptions } from './types.ts'

/**
 * Tells of an image, by the name with which an `ImageSource` is asked for it and its config, whether a build needs the contents of its
 * layers: a RUN stands on them, one of the image's own triggers is a RUN, or they are copied from. Of a Dockerfile that cannot
 * be planned that is not known. Pure; what it takes is done at the first question.
 */
export function needsContents(
  dockerfile: Dockerfile,
  options: PlanOptions,
): (name: string, config: Pick<ImageConfig, 'config'>) => boolean {
  let names: ReadonlySet<string> | undefined
  return (name, { config }) =>
    (names ??= neededContents(dockerfile, options)).has(name) || hasRun(config?.OnBuild ?? [])
}

function neededContents(dockerfile: Dockerfile, options: PlanOptions): ReadonlySet<string> {
  const names = new Set<string>()
  try {
    collect(dockerfile, options, names)
  } catch (error) {
    if (!isIbuildError(error)) throw error
  }
  return names
}

/** From the target down: whoever uses a stage stands after it. */
function collect(dockerfile: Dockerfile, options: PlanOptions, names: Set<string>): void {
  const globals = globalScope(dockerfile, options)
  const target = findTarget(dockerfile, options.target)
  const needed = new Set([target.index])
  const belowRun = new Set<number>()
  for (const stage of dockerfile.stages.slice(0, target.index + 1).toReversed()) {
    if (!needed.has(stage.index)) continue
    for (const source of copySources(dockerfile, stage)) {
      if (typeof source === 'string') names.add(source)
      else needed.add(source.index)
    }
    const name = baseName(dockerfile, stage, globals)
    const base = findBaseStage(dockerfile, stage, name)
    if (base !== undefined) needed.add(base.index)
    if (!belowRun.has(stage.index) && !runs(stage) && (base === undefined || !triggersRun(base))) continue
    if (base === undefined) names.add(name)
    else belowRun.add(base.index)
  }
}

/** Stages, and names of images. */
function copySources(dockerfile: Dockerfile, stage: Stage): (Stage | string)[] {
  return stage.instructions.flatMap((instruction) => {
    if ((instruction.kind !== 'COPY' && instruction.kind !== 'ADD') || instruction.from === undefined) return []
    const { from, location } = instruction
    return [findCopyStage(dockerfile, stage, { from, location }) ?? from]
  })
}

function runs({ instructions }: Stage): boolean {
  return instructions.some(({ kind }) => kind === 'RUN')
}

function triggersRun({ instructions }: Stage): boolean {
  return hasRun(instructions.flatMap((instruction) => (instruction.kind === 'ONBUILD' ? [instruction.trigger] : [])))
}

function hasRun(triggers: readonly string[]): boolean {
  return triggers.some((trigger) => /^\s*RUN\s/i.test(trigger))
}
