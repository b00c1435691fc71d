import type { ServedRequest } from '../../shared/log/request-lines.ts'

/** See {@link ServedRequest}. */
export interface FinishedRequest extends ServedRequest {
  /** Only what is one. */
  readonly gun: string | undefined
  readonly role: string | undefined
  /** Of the error answered with. */
  readonly code: string | undefined
}

export type OnFinished = (request: FinishedRequest) => void
