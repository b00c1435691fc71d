import type { SourceLocation } from '../../shared/base/errors.ts'
import type { Dockerfile } from '../dockerfile/types.ts'

/**
 * Tells of the place where a Dockerfile names an image whether contents of its layers will be needed: those of a base when a RUN
 * stands on it, those of the source of a COPY always.
 */
export function needsContent({ stages }: Dockerfile): (location: SourceLocation) => boolean {
  const needless = new Set<number>()
  /** Names of stages or images on which a RUN stands that comes later. */
  const below = new Set<string>()
  for (const { name, base, instructions, location } of stages.toReversed()) {
    const isBelow = name !== undefined && below.delete(name)
    if (isBelow || instructions.some(({ kind }) => kind === 'RUN')) below.add(base.toLowerCase())
    else needless.add(location.startLine)
  }
  return ({ startLine }) => !needless.has(startLine)
}
