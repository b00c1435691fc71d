import type { HttpLimits } from '../http/limits.ts'
import type { ServerConfig } from './config/schema.ts'

/** Milliseconds over which the rate of a body is looked at. */
const rateTime = 60_000

/** The limits of the configuration as the HTTP part has them. */
export function httpLimits({ limits }: Pick<ServerConfig, 'limits'>): Partial<HttpLimits> {
  return {
    connections: limits.connections,
    connectionsPerAddress: limits.connectionsPerAddress,
    headerBytes: limits.headerSize,
    headersTimeout: limits.headersTimeout,
    keepAliveTimeout: limits.keepAlive,
    slowBodyTime: rateTime,
    slowBodyBytes: (limits.bodyRate * rateTime) / 1000,
    stalledReadTime: limits.stalledRead,
    pageItems: limits.pageSize,
    sendBufferBytes: limits.sendBuffers,
  }
}
