import type { Digest } from '../../shared/base/digest.ts'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import type { IbuildError } from '../../shared/base/errors.ts'
import type { KeyID, PublicKey, TargetsRole } from '../tuf/types.ts'
import type { SignedTarget } from '../verifier/types.ts'

/** What must be signed, for every name. */
export interface Policy {
  /** The first that fits a name is the one for it. */
  readonly rules: readonly PolicyRule[]
  /** For names that no rule is about. */
  readonly otherwise: Requirement
  /** Where it was written, for messages. */
  readonly source: string
}

export interface PolicyRule {
  /** As written. */
  readonly text: string
  matches(name: ImageName): boolean
  readonly requirement: Requirement
}

/** A repository with its host: the members of a `Reference`. */
export interface ImageName {
  /** Host with optional port. */
  readonly domain: string
  readonly path: string
}

/** What an image must have before anything of it is used. */
export type Requirement =
  | { readonly kind: 'acceptAnything' }
  | { readonly kind: 'reject' }
  | NotaryRequirement
  | CosignRequirement
  /** One of them is enough; of a tag that they understand differently the first that is met says what it means. */
  | { readonly kind: 'anyOf'; readonly of: readonly Requirement[] }
  /** All of them, of the same content. */
  | { readonly kind: 'allOf'; readonly of: readonly Requirement[] }

/** A trusted collection says what a tag means, and enough of the right keys signed that. */
export interface NotaryRequirement {
  readonly kind: 'notary'
  /** `https://host[:port]`; undefined for the server that the name leads to. */
  readonly server: string | undefined
  readonly root: RootAnchor
  /** Where a tag is looked for; the first that has it says what it means. */
  readonly roles: readonly TargetsRole[]
  /** Each of them must have signed the same content under the same name as well. */
  readonly alsoRoles: readonly TargetsRole[]
  /** Canonical IDs of keys that count; empty: whoever signs for the roles. */
  readonly keys: ReadonlySet<KeyID>
  /** So many of `keys` must have signed, in whichever roles. 0 when there are none. */
  readonly threshold: number
  /** What happens when the server cannot be reached. `lastKnownGood` is what was verified before, until it expires. */
  readonly unreachable: 'refuse' | 'lastKnownGood'
  /** Milliseconds for which `lastKnownGood` is good enough, from when the server last confirmed it; undefined: until it expires. */
  readonly maxAge: number | undefined
  /** `accept` lets content that is named by its digest pass without a signature, as docker does. */
  readonly digests: 'verify' | 'accept'
}

/** What anchors trust in the root of a collection that was never seen. */
export interface RootAnchor {
  /** IDs of root keys or root certificates (canonical, or as in metadata), one of which must be there. */
  readonly keys: readonly string[]
  /** PEM certificates of authorities that the root certificate must come from. */
  readonly authority: string | undefined
  /** True: a collection for which nothing is pinned is believed at the first contact. */
  readonly allowsFirstUse: boolean
}

/** Keys that must have signed the content as cosign does. */
export interface CosignRequirement {
  readonly kind: 'cosign'
  /** One or more, each once. */
  readonly keys: readonly PublicKey[]
  /** 1 or more. */
  readonly threshold: number
}

/** What is asked about: content, the tag under which it is wanted, or both. */
export interface Subject {
  readonly name: ImageName
  /** Undefined for a tag of which nobody has said yet what it means. */
  readonly digest: Digest | undefined
  /** Bytes of the manifest or index, when it is here: held against the length that was signed. */
  readonly size?: number | undefined
  /** Undefined for content that is named by its digest alone. */
  readonly tag: string | undefined
}

/** What is known of signatures. Whoever has not looked yet gives undefined: then the requirement is not met. */
export interface Evidence {
  notary(requirement: NotaryRequirement): NotaryEvidence | undefined
  cosign(requirement: CosignRequirement): CosignEvidence | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type NotaryEvidence = { readonly failure: IbuildError } | CollectionEvidence

export interface CollectionEvidence {
  readonly failure?: undefined
  /** At least all targets, of all usable roles, that have the tag or the digest that is asked about. */
  readonly targets: readonly SignedTarget[]
  /** Roles that are listed but not usable, and why. */
  readonly unusable: ReadonlyMap<TargetsRole, Error>
  /** When the server last said that this is current; milliseconds since the epoch. */
  readonly confirmedAt: number
  /** False for what was last known good, of a server that cannot be reached. */
  readonly isFresh: boolean
}

export type CosignEvidence =
  | { readonly failure: IbuildError }
  /** Canonical IDs of keys of the requirement whose signatures of the digest are good. */
  | { readonly failure?: undefined; readonly signers: ReadonlySet<KeyID> }

export type Verdict = Accepted | Refused

export interface Accepted {
  readonly isAccepted: true
  /** Bytes that the manifest or index must have; undefined when nobody signed a length. */
  readonly size: number | undefined
  /** Who vouches for it, for people; empty when nothing is required. */
  readonly by: readonly string[]
}

export interface Refused {
  readonly isAccepted: false
  /** One or more, the most telling first. */
  readonly reasons: readonly Reason[]
}

/** Why something is refused: the parts of an error. */
export interface Reason {
  readonly code: ErrorCode
  readonly text: string
  /** What to do next. */
  readonly hint?: string | undefined
}
