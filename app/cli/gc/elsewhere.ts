import type { Source } from '../../../retention/facts.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { GcFlags } from './flags.ts'

/** Retention of a registry elsewhere, by its HTTP API. Errors: USAGE. */
export async function retentionElsewhere(url: string, source: Source, _flags: GcFlags): Promise<RetentionService> {
  throw new IbuildError('NOT_SUPPORTED', `${url}: ${source} cannot be asked yet`)
}
