/** Codes that a client sees and the HTTP status that goes with each (OCI distribution-spec, "Error Codes", and Docker's own). */
const statuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  PRECONDITION_FAILED: 412,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const

export type RegistryCode = keyof typeof statuses

export interface RegistryErrorOptions {
  /** Where it differs from the one that the code has, such as 413 for a manifest that is too large. */
  readonly status?: number
  /** Told to the client beside the message; never anything secret. */
  readonly detail?: unknown
  /** Sent with the answer, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** An answer to a request that cannot be done. The message is what a client prints: it says what to do, where it can. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly code: RegistryCode
  readonly status: number
  readonly detail: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(code: RegistryCode, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.status = options.status ?? statuses[code]
    this.detail = options.detail
    this.headers = options.headers ?? {}
  }
}

/** The body of an answer with these errors, `application/json`. */
export function errorBody(errors: readonly Pick<RegistryError, 'code' | 'message' | 'detail'>[]): string {
  return JSON.stringify({
    errors: errors.map(({ code, message, detail }) => ({ code, message, ...(detail !== undefined && { detail }) })),
  })
}
