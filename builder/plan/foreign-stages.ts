import { canRun, describeForeign, type Platform } from '../../shared/oci/platform.ts'
import type { Plan } from './types.ts'

/** A warning for each stage with a RUN whose image is for another platform than `host`: there may be emulation. */
export function foreignStages({ stages }: Plan, host: Platform): string[] {
  return stages
    .filter(({ steps, config }) => steps.some(({ kind }) => kind === 'run') && !canRun(host, config))
    .map(({ title, config }) => `warning: stage ${title}: ${describeForeign(host, config)}`)
}
