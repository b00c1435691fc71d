import type { RetentionService } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { AloneOptions } from './alone-options.ts'

/** Retention of the registry in the data folder, on its files. Errors: STORE_INVALID where there is none, SERVER_BUSY. */
export async function openRegistryAlone({ root }: AloneOptions): Promise<RetentionService> {
  throw new IbuildError('NOT_SUPPORTED', `${root}: the registry cannot be asked yet`)
}
