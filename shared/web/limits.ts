/** What clients may take of a server. Times are in milliseconds. */
export interface WebLimits {
  /** Connections at once, all and those of one address (of IPv6: one /64); 0 for as many as come. */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** For all headers and the request line, in bytes: beyond it 431. */
  readonly headerBytes: number
  /** For a request target, in bytes: beyond it 414. */
  readonly targetBytes: number
  /** A request's head must be there after so long: else 408. */
  readonly headersTimeout: number
  /** A connection without a request is closed after so long; longer than balancers in front keep theirs. */
  readonly keepAliveTimeout: number
  /** How often these two are looked at. */
  readonly checkInterval: number
  /** A body must bring `slowBodyBytes` in each such time while we wait for it: else the connection is cut. */
  readonly slowBodyTime: number
  readonly slowBodyBytes: number
  /** A piece of an answer must be taken by the client after so long: else the connection is cut. */
  readonly stalledReadTime: number
  /** What is still read of a body after its request was refused, so that the client sees the answer. */
  readonly refusedBodyBytes: number
  readonly refusedBodyTime: number
  /** For bodies that are held as a whole, of all requests together, in bytes: beyond it 429. */
  readonly wholeBodyBytes: number
  /** Requests that may wait on one connection for the one before them. */
  readonly pipelined: number
  /** Items of one page of a listing, and without `n`. */
  readonly pageItems: number
  /** For answers in memory that clients did not take yet, of all together, in bytes: beyond it 429. */
  readonly heldAnswerBytes: number
}

export const defaultWebLimits: WebLimits = {
  connections: 8192,
  connectionsPerAddress: 2048,
  headerBytes: 16 * 1024,
  targetBytes: 8 * 1024,
  headersTimeout: 15_000,
  keepAliveTimeout: 75_000,
  checkInterval: 5000,
  slowBodyTime: 60_000,
  slowBodyBytes: 60 * 1024,
  stalledReadTime: 300_000,
  refusedBodyBytes: 64 * 1024 * 1024,
  refusedBodyTime: 10_000,
  wholeBodyBytes: 256 * 1024 * 1024,
  pipelined: 32,
  pageItems: 1000,
  heldAnswerBytes: 128 * 1024 * 1024,
}
