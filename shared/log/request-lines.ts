import type { Log, LogFields } from './log.ts'

/** Which requests are told at level info; at level debug there is a line for each. */
export type RequestLogging = 'none' | 'failures' | 'changes' | 'all'

/** What is told of each request when it is over, for logs and metrics. Nothing in it is secret: no query, no header but one. */
export interface ServedRequest {
  readonly id: string
  readonly method: string
  /** Kind of what the path names; undefined for paths that mean nothing. */
  readonly route: string | undefined
  /** Undefined when no answer was begun: the client went before. */
  readonly status: number | undefined
  /** True when the client went, or was cut off, before the whole answer was sent. */
  readonly isAborted: boolean
  /** What was behind an error; for the operator alone. */
  readonly cause: unknown
  /** Bytes of bodies, read and sent. */
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly milliseconds: number
  readonly remoteAddress: string | undefined
  /** Of whoever asked, or said a password of; only one that there is. */
  readonly account: string | undefined
  readonly userAgent: string | undefined
}

/** What only servers of a kind tell. */
export interface OwnFields {
  /** Names of what was asked for. */
  readonly names: LogFields
  /** Codes of the errors answered with. */
  readonly problem: LogFields
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Tells of a finished request. What the server could not do is an error. What a client was denied, or asked for in vain, is none: to
 * ask whether something is there is how every push begins.
 */
export function logFinished<Request extends ServedRequest>(
  log: Log,
  request: Request,
  { logging, own }: { readonly logging: RequestLogging; readonly own: (request: Request) => OwnFields },
): void {
  const status = request.status ?? 0
  const message = request.isAborted ? 'request broken off' : 'request'
  const fields = (): LogFields => fieldsOf(request, own(request))
  if (status >= 500 && status !== 503 && status !== 507) return log.error(message, fields())
  const isTold =
    logging === 'all' ||
    (logging !== 'none' && status >= 500) ||
    (logging === 'changes' && !reading.has(request.method))
  if (isTold) log.info(message, fields())
  else if (log.level === 'debug') log.debug(message, fields())
}

function fieldsOf(request: ServedRequest, { names, problem }: OwnFields): LogFields {
  return {
    id: request.id,
    client: request.remoteAddress,
    account: request.account,
    method: request.method.slice(0, 20),
    route: request.route,
    ...names,
    status: request.status,
    ...problem,
    milliseconds: Math.round(request.milliseconds * 100) / 100,
    received: request.receivedBytes,
    sent: request.sentBytes,
    agent: request.userAgent?.slice(0, 200),
    ...(request.cause !== undefined && { error: request.cause }),
  }
}
