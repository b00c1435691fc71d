import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { Dockerfile, Stage } from '../dockerfile/types.ts'

/** The stage that `--target` names (name in any case, or index), or the last one. */
export function findTarget(dockerfile: Dockerfile, target: string | undefined): Stage {
  const { stages } = dockerfile
  const byName = stages.findLast(({ name }) => name === target?.toLowerCase())
  const byIndex = target !== undefined && /^\d{1,6}$/.test(target) ? stages[Number(target)] : undefined
  const found = target === undefined ? stages.at(-1) : (byName ?? byIndex)
  if (found !== undefined) return found
  const names = stages.flatMap(({ name }) => name ?? [])
  const similar = suggest(target ?? '', names)
  throw new IbuildError('STAGE_UNKNOWN', `target stage ${JSON.stringify(target)} is not in the Dockerfile`, {
    hint: similar === undefined ? `Stages with a name: ${names.join(', ') || 'none'}.` : `Did you mean ${similar}?`,
  })
}

/**
 * The earlier stage that a FROM names, or undefined when the text is an image. Stage names are lower-case here and the text
 * is compared as written (FR03).
 */
export function findBaseStage(dockerfile: Dockerfile, stage: Stage, base: string): Stage | undefined {
  const earlier = dockerfile.stages.slice(0, stage.index).findLast(({ name }) => name === base)
  if (earlier === undefined) refuseLater(dockerfile, { name: base, user: stage, location: stage.location })
  return earlier
}

/** The earlier stage that COPY --from names by name (any case) or index, or undefined when the text is an image (C09). */
export function findCopyStage(
  dockerfile: Dockerfile,
  user: Stage,
  place: { from: string; location: SourceLocation },
): Stage | undefined {
  const name = place.from.toLowerCase()
  const earlier = dockerfile.stages.slice(0, user.index).findLast((stage) => stage.name === name)
  if (earlier !== undefined) return earlier
  if (/^\d+$/.test(name)) return stageByIndex(dockerfile, user, { index: Number(name), location: place.location })
  refuseLater(dockerfile, { name, user, location: place.location })
  return undefined
}

function stageByIndex(dockerfile: Dockerfile, user: Stage, place: { index: number; location: SourceLocation }): Stage {
  const found = dockerfile.stages[place.index]
  if (found !== undefined && found.index < user.index) return found
  throw new IbuildError('STAGE_UNKNOWN', `invalid stage index ${place.index}`, {
    location: place.location,
    hint: user.index === 0 ? 'There is no earlier stage.' : `Earlier stages have the indexes 0 to ${user.index - 1}.`,
  })
}

function refuseLater(dockerfile: Dockerfile, place: { name: string; user: Stage; location: SourceLocation }): void {
  const { name, user, location } = place
  const later = dockerfile.stages.slice(user.index).find((stage) => stage.name === name)
  if (later === undefined || later.index === user.index) {
    if (later !== undefined && location !== user.location) throw selfReference(name, location)
    return
  }
  throw new IbuildError(
    'STAGE_UNKNOWN',
    `stage ${JSON.stringify(name)} is defined later, on line ${later.location.startLine}`,
    {
      location,
      hint: 'A stage can only use stages that stand before it: move it up.',
    },
  )
}

function selfReference(name: string, location: SourceLocation): IbuildError {
  return new IbuildError('STAGE_UNKNOWN', `circular dependency: stage ${JSON.stringify(name)} copies from itself`, {
    location,
    hint: 'Name an earlier stage.',
  })
}
