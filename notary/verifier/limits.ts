const kibi = 1024
const mebi = 1024 * kibi

/** What a collection may have at most. A file of it that is larger than these is not even read to its end. */
export const limits = {
  /** Bytes of files, by role; what a parent promises is exact, and may not be more than this. */
  root: mebi,
  timestamp: 64 * kibi,
  snapshot: 4 * mebi,
  targets: 64 * mebi,
  /** Bytes of all delegations together. */
  delegations: 128 * mebi,
  /** Delegations that have files. */
  files: 512,
  /** Delegations inside each other. */
  depth: 32,
  /** Roots that are followed in one go. */
  roots: 256,
  /** Roles that are not listed any more of which the last file is remembered. */
  floors: 1024,
} as const
