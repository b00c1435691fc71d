import type { Log, LogFields } from '../../shared/log/log.ts'
import type { FinishedRequest } from '../http/finished-request.ts'

/** Which requests are told at level info; at level debug there is a line for each. */
export type RequestLogging = 'none' | 'failures' | 'changes' | 'all'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Tells of a finished request. What the server could not do is an error. What a client was denied, or asked for in vain, is
 * none: to ask with HEAD whether a blob is there is how every push begins.
 */
export function logRequest(log: Log, request: FinishedRequest, logging: RequestLogging): void {
  const status = request.status ?? 0
  const message = request.isAborted ? 'request broken off' : 'request'
  if (status >= 500 && status !== 503 && status !== 507) return log.error(message, fieldsOf(request))
  const isTold =
    logging === 'all' ||
    (logging !== 'none' && status >= 500) ||
    (logging === 'changes' && !reading.has(request.method))
  if (isTold) log.info(message, fieldsOf(request))
  else if (log.level === 'debug') log.debug(message, fieldsOf(request))
}

function fieldsOf(request: FinishedRequest): LogFields {
  return {
    id: request.id,
    client: request.remoteAddress,
    account: request.account,
    method: request.method.slice(0, 20),
    route: request.route,
    repository: request.repository,
    reference: request.reference,
    status: request.status,
    codes: request.codes.length === 0 ? undefined : request.codes,
    milliseconds: Math.round(request.milliseconds * 100) / 100,
    received: request.receivedBytes,
    sent: request.sentBytes,
    agent: request.userAgent?.slice(0, 200),
    ...(request.cause !== undefined && { error: request.cause }),
  }
}
