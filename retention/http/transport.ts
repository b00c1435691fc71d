import type { JsonValue } from '../../shared/base/json.ts'

/** How requests come to a server of the API. */
export interface GcTransport {
  /** Errors: those of the connection; the signal's reason. */
  send(request: GcRequest): Promise<GcAnswer>
  close(): Promise<void>
}

export interface GcRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Path and query. */
  readonly target: string
  readonly body?: JsonValue | undefined
  /** Who asks, for history; believed only where that is the owner. */
  readonly by?: string | undefined
  /** True for what takes as long as there is to do. */
  readonly isLong?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface GcAnswer {
  readonly status: number
  /** Read it to its end, or stop reading: then the connection ends. */
  readonly body: AsyncIterable<Uint8Array>
}
