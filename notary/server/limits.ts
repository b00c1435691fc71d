import type { NotaryLimits } from '../http/limits.ts'
import type { NotaryConfig } from './config/schema.ts'

/** Milliseconds over which the rate of a body is looked at. */
const rateTime = 60_000

/** The limits of the configuration as the HTTP part has them. */
export function httpLimits({ limits }: Pick<NotaryConfig, 'limits'>): Partial<NotaryLimits> {
  return {
    connections: limits.connections,
    connectionsPerAddress: limits.connectionsPerAddress,
    headerBytes: limits.headerSize,
    headersTimeout: limits.headersTimeout,
    keepAliveTimeout: limits.keepAlive,
    slowBodyTime: rateTime,
    slowBodyBytes: (limits.bodyRate * rateTime) / 1000,
    stalledReadTime: limits.stalledRead,
    uploadBytes: limits.uploadSize,
    wholeBodyBytes: limits.uploadMemory,
  }
}
