import { collectionLimits } from '../tuf/limits.ts'

const mebi = 1024 * 1024

/** What a collection may have at most. A file of it that is larger than these is not even read to its end. */
export const limits = {
  ...collectionLimits,
  /** Bytes of all delegations together. */
  delegations: 128 * mebi,
  /** Roots that are followed in one go. */
  roots: 256,
  /** Roles that are not listed any more of which the last file is remembered. */
  floors: 1024,
} as const
