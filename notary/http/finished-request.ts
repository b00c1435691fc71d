/** What is told of each request when it is over, for logs and metrics. Nothing in it is secret: no query, no header but one. */
export interface FinishedRequest {
  readonly id: string
  readonly method: string
  /** Kind of what the path names; undefined for paths that mean nothing. */
  readonly route: string | undefined
  /** Only what is one. */
  readonly gun: string | undefined
  readonly role: string | undefined
  /** Undefined when no answer was begun: the client went before. */
  readonly status: number | undefined
  /** True when the client went, or was cut off, before the whole answer was sent. */
  readonly isAborted: boolean
  /** Of the error answered with. */
  readonly code: string | undefined
  /** What was behind it; for the operator alone. */
  readonly cause: unknown
  /** Bytes of bodies, read and sent. */
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly milliseconds: number
  readonly remoteAddress: string | undefined
  readonly account: string | undefined
  readonly userAgent: string | undefined
}

export type OnFinished = (request: FinishedRequest) => void
