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

/** What is remembered of collections between runs; several processes may share one. */
export interface TrustCache {
  /** Undefined for a collection that was never seen. Errors: TRUST_CACHE_INVALID for what is damaged. */
  load(gun: Gun): Promise<Remembered | undefined>
  /**
   * Replaces what `load` gave by something else, durably, as a whole; false, and nothing happens, when another process did so since.
   * Only what was verified comes here.
   */
  save(gun: Gun, content: RememberedContent, since: Remembered | undefined): Promise<boolean>
  /** Notes that a server said at that time (milliseconds since the epoch) that the whole collection is current. */
  confirm(gun: Gun, at: number): Promise<void>
  /** Forgets a collection: the next contact is a first one. */
  remove(gun: Gun): Promise<void>
}

export interface RememberedContent {
  /** The newest root that was trusted. */
  readonly root: Uint8Array
  /** What the first root was held against; see pinning.ts. */
  readonly anchor: string
  /** The last collection that was verified as a whole: timestamp, snapshot, targets, delegations. Empty when there was none. */
  readonly collection: ReadonlyMap<RoleName, Uint8Array>
  /** Files of roles that are newer than those in `collection`, or of roles that it has no more: none may be older than these. */
  readonly floors: ReadonlyMap<RoleName, Uint8Array>
  /** When a server last said that the collection is current; milliseconds since the epoch. */
  readonly confirmedAt: number
}

export interface Remembered extends RememberedContent {
  /** Another one after each change; only the cache that made it knows what it means. */
  readonly revision: string
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
  /** When a server last said that this is current; milliseconds since the epoch. */
  readonly confirmedAt: number
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

/**
 * What is looked at:
 * - `fetch`: the server has the file
 * - `length`, `hash`: it is what its parent promises
 * - `read`: it is well-formed
 * - `signatures`: enough keys signed it; `rotation`: for a root, enough of those before, too
 * - `version`: it is not older than what was seen, and has the version that it was asked for
 * - `content`: it is what was seen under the same version; for a target: the manifest is what was signed
 * - `expiry`: its time is not over
 * - `pinning`: the first root is one to be believed
 * - `listed`: what must be listed in it is
 * - `name`: a name is signed
 */
export type StepName =
  | 'fetch'
  | 'length'
  | 'hash'
  | 'read'
  | 'signatures'
  | 'rotation'
  | 'version'
  | 'content'
  | 'expiry'
  | 'pinning'
  | 'listed'
  | 'name'

/** One step of a verification, for people; in the order in which they were taken. */
export interface VerificationStep {
  readonly role: RoleName | 'target'
  readonly step: StepName
  readonly isOk: boolean
  readonly detail: string
}
