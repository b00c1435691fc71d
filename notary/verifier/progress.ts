import type { RoleName } from '../tuf/types.ts'
import type { Anchored } from './root-chain.ts'
import type { RememberedContent } from './types.ts'

/** What was verified so far. */
export interface Progress {
  /** The newest root, and what the first was held against. */
  anchored: Anchored | undefined
  /** Of other roles, each once it was verified. */
  readonly files: Map<RoleName, Uint8Array>
}

export function noProgress(): Progress {
  return { anchored: undefined, files: new Map() }
}

/** The last file of a role that was trusted. */
export function lastOf(remembered: RememberedContent | undefined, role: RoleName): Uint8Array | undefined {
  return remembered?.floors.get(role) ?? remembered?.collection.get(role)
}
