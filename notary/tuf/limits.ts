/** How much of anything metadata may hold; beyond lies what nobody needs and what keeps a reader busy. */
export const metadataLimits = {
  /** Bytes of one file. Readers who know the length set less. */
  bytes: 64 * 1024 * 1024,
  /** Arrays and objects inside each other, `custom` of targets included. */
  depth: 64,
  signatures: 100,
  /** Keys of one file, and keys of one role. */
  keys: 1000,
  delegations: 1000,
  /** Paths of one delegation. */
  paths: 1000,
  targets: 1_000_000,
  /** Bytes of one signature: RSA of 8192 bits. */
  signature: 1024,
} as const
