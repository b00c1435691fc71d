import type { JsonObject, JsonValue } from '../../../shared/base/json.ts'
import type {
  BaseRole,
  DelegationName,
  Gun,
  KeyID,
  PublicKey,
  RoleName,
  SigningKey,
  TargetsRole,
} from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'

/** What a name is to stand for. */
export interface TargetContent {
  /** Bytes. */
  readonly length: number
  readonly sha256: Buffer
  readonly sha512?: Buffer | undefined
  readonly custom?: JsonValue | undefined
}

/** What to do with the role of a delegation, which is made when there is none. */
export interface DelegationEdit {
  readonly name: DelegationName
  readonly addKeys?: readonly PublicKey[] | undefined
  /** By ID or by canonical ID. */
  readonly removeKeys?: readonly KeyID[] | undefined
  readonly addPaths?: readonly string[] | undefined
  readonly removePaths?: readonly string[] | undefined
  readonly threshold?: number | undefined
}

/** One thing to change in a collection. Who applies them in order decides with each by what the ones before made. */
export type Change =
  | { readonly kind: 'add-target'; readonly role: TargetsRole; readonly name: string; readonly target: TargetContent }
  | { readonly kind: 'remove-target'; readonly role: TargetsRole; readonly name: string }
  | ({ readonly kind: 'delegate' } & DelegationEdit)
  | { readonly kind: 'remove-delegation'; readonly name: DelegationName }
  /** Takes a key, by ID or by canonical ID, out of all delegations that the file of `role` makes. */
  | { readonly kind: 'purge-key'; readonly role: TargetsRole; readonly key: KeyID }
  /** Signs what is there again, with the keys that the role has now and for the whole time again. */
  | { readonly kind: 'witness'; readonly role: 'root' | TargetsRole }
  /** Gives one of the four roles of a root other keys. */
  | {
      readonly kind: 'replace-keys'
      readonly role: BaseRole
      readonly keys: readonly PublicKey[]
      readonly threshold: number
    }

/** A collection on its way to its next publish: what stands in files, as JSON, with members that are not known here. */
export interface Draft {
  readonly gun: Gun
  /** What was trusted when this began; undefined before the first publish. */
  readonly base: TrustedCollection | undefined
  readonly root: JsonObject
  /** `signed` of `targets` and of the delegations that have files. */
  readonly targets: ReadonlyMap<TargetsRole, JsonObject>
  /** Roles whose files become new ones. */
  readonly changed: ReadonlySet<RoleName>
}

/** Private keys that may be at hand. */
export interface SigningKeys {
  /** Whether the key is there; asks nobody for a passphrase. */
  has(canonicalID: KeyID): Promise<boolean>
  /** The key, unlocked; undefined when it is not there. Errors: PASSPHRASE_WRONG, PASSPHRASE_MISSING, KEY_INVALID. */
  unlock(canonicalID: KeyID): Promise<SigningKey | undefined>
}
