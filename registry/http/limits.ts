import { defaultWebLimits, type WebLimits } from '../../shared/web/limits.ts'

/** What clients may take of the server. */
export interface HttpLimits extends WebLimits {
  /** Buffers for blobs that are sent, of all transfers together, in bytes. */
  readonly sendBufferBytes: number
}

export const defaultLimits: HttpLimits = { ...defaultWebLimits, sendBufferBytes: 32 * 1024 * 1024 }
