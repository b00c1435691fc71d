import type { JsonValue } from '../../shared/base/json.ts'

export interface WebErrorOptions {
  readonly detail?: JsonValue
  /** Sent with the answer. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A request that HTTP itself, or who may do what, stands against; what is wrong with what is asked for is a PublishError. */
export class WebError extends Error {
  override readonly name = 'WebError'
  readonly status: number
  readonly code: string
  readonly detail: JsonValue | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, options: WebErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.status = status
    this.code = code
    this.detail = options.detail
    this.headers = options.headers ?? {}
  }
}

/** For a method that a path does not have, of those it has. */
export function wrongMethod(method: string, methods: readonly string[]): WebError {
  const allowed = methods.includes('GET') ? ['HEAD', ...methods] : methods
  return new WebError(405, 'UNSUPPORTED', `${method.slice(0, 20)} is not supported here`, {
    headers: { Allow: allowed.join(', ') },
  })
}
