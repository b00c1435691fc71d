import type { Log } from '../../shared/log/log.ts'
import { logFinished, type OwnFields, type RequestLogging } from '../../shared/log/request-lines.ts'
import type { FinishedRequest } from '../http/finished-request.ts'

/** Tells of a finished request; see {@link logFinished}. */
export function logRequest(log: Log, request: FinishedRequest, logging: RequestLogging): void {
  logFinished(log, request, { logging, own })
}

function own(request: FinishedRequest): OwnFields {
  return {
    names: { gun: request.gun, role: request.role },
    problem: { code: request.code },
  }
}
