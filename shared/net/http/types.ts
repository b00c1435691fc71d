/** Sends requests to any host; keeps connections. Follows no redirect and tries nothing twice: that is for those who know. */
export interface HttpClient {
  /** Resolves when the head of the answer is there, whatever its status. Errors: {@link HttpFailure}; the signal's reason. */
  send(request: HttpRequest): Promise<HttpAnswer>
  /** Ends all connections. */
  close(): Promise<void>
}

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface HttpRequest {
  readonly method: HttpMethod
  /** `http:` or `https:`. What it has of user and password is not sent. */
  readonly url: URL
  /** Names in lower case. With `content-length` a body of another length is a failure. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds from the end of the request to the head of the answer; the client's own unless told. */
  readonly answerTimeout?: number | undefined
}

/** Trust and identity on connections to one host. */
export interface TlsSettings {
  /** False takes any certificate. */
  readonly isVerified: boolean
  /** Certificates in PEM that are trusted beside the usual ones. */
  readonly ca: readonly string[]
  /** True: those in `ca` alone are trusted. Reading all the usual ones takes longer than most requests. */
  readonly isAlone?: boolean | undefined
  /** Certificate and key of ours in PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: HttpHeaders
  /** Where the answer came from. */
  readonly url: URL
  /** Read it to its end, stop reading, or discard it: until then it occupies a connection. Errors: as `send`. */
  readonly body: HttpBody
}

export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface HttpBody extends AsyncIterable<Uint8Array> {
  /** Done with it: a short rest is read, a long one is cut off with its connection. */
  discard(): Promise<void>
}

/** Milliseconds; zero is never. */
export interface HttpTimeouts {
  /** To a connection, TLS and proxy included. */
  readonly connect: number
  /** From the end of the request to the head of the answer, and while a body to send makes no headway. */
  readonly answer: number
  /** Between two pieces of an answer's body. */
  readonly idle: number
}

/** The value of a header; of several the first. */
export function headerOf({ headers }: Pick<HttpAnswer, 'headers'>, name: string): string | undefined {
  return headersOf({ headers }, name)[0]
}

/** All values of a header. */
export function headersOf({ headers }: Pick<HttpAnswer, 'headers'>, name: string): readonly string[] {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
