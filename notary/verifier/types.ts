import type {
  Gun,
  KeyID,
  Metadata,
  RoleName,
  Root,
  Snapshot,
  Target,
  Targets,
  TargetsRole,
  Timestamp,
} from '../tuf/types.ts'

/** Where files of metadata come from: a server, the cache of a client, the store of this process. */
export interface MetadataSource {
  /**
   * A file, of at most `most` bytes. `name` is as in the URL: `timestamp.json`, `2.root.json`, `targets/releases.<sha256 hex>.json`.
   * Undefined when there is none (404). Errors: TRUST_UNREACHABLE, TRUST_TOO_LARGE.
   */
  fetch(gun: Gun, name: string, limits: FetchLimits): Promise<Uint8Array | undefined>
}

export interface FetchLimits {
  readonly most: number
  readonly signal: AbortSignal
}

/** A collection all of which was verified, at one moment. */
export interface TrustedCollection {
  readonly gun: Gun
  readonly root: Metadata<Root>
  readonly timestamp: Metadata<Timestamp>
  readonly snapshot: Metadata<Snapshot>
  /** `targets` and delegations that are reached from it by keys and thresholds of their parents. */
  readonly targets: ReadonlyMap<TargetsRole, Metadata<Targets>>
  /** Keys, by their canonical IDs, whose signatures of each role counted. */
  readonly signers: ReadonlyMap<RoleName, ReadonlySet<KeyID>>
  /** Roles that are listed but not usable, and why: an expired or badly signed delegation takes nothing else with it. */
  readonly unusable: ReadonlyMap<TargetsRole, Error>
  /** False for what was last known good, of a server that cannot be reached. */
  readonly isFresh: boolean
}

/** A name that a collection gives to content. */
export interface SignedTarget {
  readonly name: string
  readonly target: Target
  readonly role: TargetsRole
  /** Canonical IDs of the keys that signed the role. */
  readonly keys: ReadonlySet<KeyID>
}

/** What anchors trust in a collection that was never seen. */
export interface Pinning {
  /** By GUN or by `prefix*`: IDs of root keys or root certificates (as in metadata, or canonical), of which one must be there. */
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** By GUN or prefix, the longest wins: PEM certificates of CAs that the root certificate must come from. */
  readonly authorities: ReadonlyMap<string, string>
  /** True: who is pinned nowhere is believed at the first contact. */
  readonly allowsFirstUse: boolean
}

/** One step of a verification, for people; in the order in which they were taken. */
export interface VerificationStep {
  readonly role: RoleName | 'target'
  readonly step: string
  readonly isOk: boolean
  readonly detail: string
}
