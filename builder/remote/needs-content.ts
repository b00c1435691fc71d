import type { SourceLocation } from '../../shared/base/errors.ts'
import type { Dockerfile, Stage } from '../dockerfile/types.ts'

/**
 * Tells of the place where a Dockerfile names an image whether contents of its layers will be needed: those of a base when a RUN
 * stands on it, those of the source of a COPY always.
 */
export function needsContent(dockerfile: Dockerfile): (location: SourceLocation) => boolean {
  const needless = new Set(dockerfile.stages.filter((stage) => !hasRun(dockerfile, stage)).map(lineOf))
  return ({ startLine }) => !needless.has(startLine)
}

/** The stage itself, or one that stands on it. */
function hasRun(dockerfile: Dockerfile, stage: Stage): boolean {
  if (stage.instructions.some(({ kind }) => kind === 'RUN')) return true
  return dockerfile.stages
    .slice(stage.index + 1)
    .some((later) => later.base === stage.name && hasRun(dockerfile, later))
}

function lineOf({ location }: Stage): number {
  return location.startLine
}
