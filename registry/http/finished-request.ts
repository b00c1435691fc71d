import type { Route } from '../protocol/route.ts'
import type { Pull } from './requested-by.ts'

/** What is told of each request when it is over, for logs and metrics. Nothing in it is secret: no query, no header but one. */
export interface FinishedRequest {
  readonly id: string
  readonly method: string
  /** Undefined outside of `/v2/` and for paths that mean nothing. */
  readonly route: Route['kind'] | undefined
  /** Name, and tag or digest, as the client wrote them when they are as they must be. */
  readonly repository: string | undefined
  readonly reference: string | undefined
  /** Undefined when no answer was begun: the client went before. */
  readonly status: number | undefined
  /** True when the client went, or was cut off, before the whole answer was sent. */
  readonly isAborted: boolean
  /** Content that was asked for and sent whole, or as much of it as was asked for. */
  readonly pull: Pull | undefined
  /** Codes of the errors answered with. */
  readonly codes: readonly string[]
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

export type OnFinished = (request: FinishedRequest) => void
