import { connectionLimits } from '../../shared/web/config-keys.ts'
import type { HttpLimits } from '../http/limits.ts'
import type { ServerConfig } from './config/schema.ts'

/** The limits of the configuration as the HTTP part has them. */
export function httpLimits({ limits }: Pick<ServerConfig, 'limits'>): Partial<HttpLimits> {
  return {
    ...connectionLimits(limits),
    stalledReadTime: limits.stalledRead,
    pageItems: limits.pageSize,
    sendBufferBytes: limits.sendBuffers,
  }
}
