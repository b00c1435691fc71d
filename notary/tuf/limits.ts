/** How much of anything metadata may hold; beyond lies what nobody needs and what keeps a reader busy. */
export const metadataLimits = {
  /** Bytes of one file. Readers who know the length set less. */
  bytes: 64 * 1024 * 1024,
  /** Arrays and objects inside each other, `custom` of targets included. */
  depth: 64,
  signatures: 100,
  /** Bytes that all signatures of one file are over, together: each of them takes a hash of all that is signed. */
  signedBytes: 256 * 1024 * 1024,
  /** Keys of one file, and keys of one role. */
  keys: 1000,
  delegations: 1000,
  /** Paths of one delegation. */
  paths: 1000,
  targets: 1_000_000,
  /** Bytes of one signature: RSA of 8192 bits. */
  signature: 1024,
} as const

const kibi = 1024
const mebi = 1024 * kibi

/** How much a collection may hold. Our server takes no more than our clients read. */
export const collectionLimits = {
  /** Bytes of a file, by role; of each delegation as of `targets`. */
  root: mebi,
  timestamp: 64 * kibi,
  snapshot: 4 * mebi,
  targets: metadataLimits.bytes,
  /** Delegations that have files. */
  files: 512,
  /** Delegations inside each other. */
  depth: 32,
} as const
