import { defaultWebLimits, type WebLimits } from '../../shared/web/limits.ts'

/** What clients may take of the server. */
export interface NotaryLimits extends WebLimits {
  /** Bytes of all that is uploaded in one request: beyond it 413. */
  readonly uploadBytes: number
  /** Files of one upload. */
  readonly uploadFiles: number
}

export const defaultLimits: NotaryLimits = {
  ...defaultWebLimits,
  wholeBodyBytes: 192 * 1024 * 1024,
  uploadBytes: 64 * 1024 * 1024,
  uploadFiles: 1100,
}
