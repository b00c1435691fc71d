import type { Log, LogFields } from './log.ts'

/** Which requests are told at level info; at level debug there is a line for each. */
export type RequestLogging = 'none' | 'failures' | 'changes' | 'all'

/** What decides how a finished request is told. */
export interface LoggedRequest {
  readonly method: string
  /** Undefined when no answer was begun: the client went before. */
  readonly status: number | undefined
  /** True when the client went, or was cut off, before the whole answer was sent. */
  readonly isAborted: boolean
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Tells of a finished request, with `fields`. What the server could not do is an error. What a client was denied, or asked for in
 * vain, is none: to ask whether something is there is how every push begins.
 */
export function logFinished<Request extends LoggedRequest>(
  log: Log,
  request: Request,
  { logging, fields }: { readonly logging: RequestLogging; readonly fields: (request: Request) => LogFields },
): void {
  const status = request.status ?? 0
  const message = request.isAborted ? 'request broken off' : 'request'
  if (status >= 500 && status !== 503 && status !== 507) return log.error(message, fields(request))
  const isTold =
    logging === 'all' ||
    (logging !== 'none' && status >= 500) ||
    (logging === 'changes' && !reading.has(request.method))
  if (isTold) log.info(message, fields(request))
  else if (log.level === 'debug') log.debug(message, fields(request))
}
