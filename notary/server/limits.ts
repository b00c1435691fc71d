import { connectionLimits } from '../../shared/web/config-keys.ts'
import type { NotaryLimits } from '../http/limits.ts'
import type { NotaryConfig } from './config/schema.ts'

/** The limits of the configuration as the HTTP part has them. */
export function httpLimits({ limits }: Pick<NotaryConfig, 'limits'>): Partial<NotaryLimits> {
  return {
    ...connectionLimits(limits),
    stalledReadTime: limits.stalledRead,
    uploadBytes: limits.uploadSize,
    wholeBodyBytes: limits.uploadMemory,
  }
}
