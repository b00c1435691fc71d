/**
 * Why there was no answer, or not the whole of one:
 * - `lookup`, `refused`, `unreachable`: nobody is there
 * - `untrusted`: TLS failed for a reason that lies in certificates
 * - `tls`: TLS failed otherwise
 * - `plain`: an http server at a place for https
 * - `proxy`: the proxy does not let us through
 * - `timeout`, `broken`: the connection came to nothing
 * - `protocol`: what answers does not speak HTTP, or breaks its rules
 * - `redirect`: redirects that may not be followed, or lead nowhere
 * - `size`: an answer is longer than what was asked for may be
 */
export type HttpFailureKind =
  | 'lookup'
  | 'refused'
  | 'unreachable'
  | 'untrusted'
  | 'tls'
  | 'plain'
  | 'proxy'
  | 'timeout'
  | 'broken'
  | 'protocol'
  | 'redirect'
  | 'size'

export interface HttpFailureOptions {
  readonly cause?: unknown
  /** What can be done about it, one sentence. */
  readonly hint?: string | undefined
}

/** A request that came to nothing. The message names the host; whoever asked says what for. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly kind: HttpFailureKind
  readonly hint: string | undefined

  constructor(kind: HttpFailureKind, message: string, options: HttpFailureOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.kind = kind
    this.hint = options.hint
  }
}
