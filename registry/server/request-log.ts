import type { Log, LogFields } from '../../shared/log/log.ts'
import { logFinished, type RequestLogging } from '../../shared/log/request-lines.ts'
import type { FinishedRequest } from '../http/finished-request.ts'

/** Tells of a finished request; see {@link logFinished}. */
export function logRequest(log: Log, request: FinishedRequest, logging: RequestLogging): void {
  logFinished(log, request, { logging, fields: fieldsOf })
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
