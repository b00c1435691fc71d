import type { ServedRequest } from '../../shared/log/request-lines.ts'
import type { Route } from '../protocol/route.ts'
import type { Pull } from './requested-by.ts'

/** See {@link ServedRequest}. */
export interface FinishedRequest extends ServedRequest {
  /** Undefined outside of `/v2/` too. */
  readonly route: Route['kind'] | undefined
  /** Name, and tag or digest, as the client wrote them when they are as they must be. */
  readonly repository: string | undefined
  readonly reference: string | undefined
  /** Content that was asked for and sent whole, or as much of it as was asked for. */
  readonly pull: Pull | undefined
  /** Codes of the errors answered with. */
  readonly codes: readonly string[]
}

export type OnFinished = (request: FinishedRequest) => void
