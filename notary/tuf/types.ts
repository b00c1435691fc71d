import type { KeyObject } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../shared/base/json.ts'

/**
 * Name of a trusted collection (globally unique name): a repository's name with its host, `host:5000/team/app`. Only `gun.ts`
 * makes one.
 */
export type Gun = string & { readonly __brand: 'Gun' }

export type BaseRole = 'root' | 'targets' | 'snapshot' | 'timestamp'
/** A role that another role of targets delegates to; only `role.ts` makes one. */
export type DelegationName = string & { readonly __brand: 'DelegationName' }
/** The role of a file of metadata. */
export type RoleName = BaseRole | DelegationName
/** Roles whose files list targets. */
export type TargetsRole = 'targets' | DelegationName
/** Roles whose keys a server may hold. */
export type ServerRole = 'snapshot' | 'timestamp'

/** SHA-256 of a key's canonical JSON as 64 hex digits; only `key.ts` makes one. */
export type KeyID = string & { readonly __brand: 'KeyID' }
export type KeyType = 'ecdsa' | 'ecdsa-x509' | 'rsa' | 'rsa-x509' | 'ed25519'
/** What a signature says it was made by; the algorithm that is used follows from the key alone. */
export type SignatureMethod = 'ecdsa' | 'rsapss' | 'eddsa'

/** A public key that was checked: P-256 or a larger curve, RSA of 2048 bits or more. */
export interface PublicKey {
  readonly type: KeyType
  /** As it stands in metadata after base64: DER (SPKI), PEM certificates, or 32 raw bytes. */
  readonly bytes: Buffer
  readonly id: KeyID
  /** ID of the plain key: the same for a key and for certificates of it, and for every encoding. One key counts once by this. */
  readonly canonicalID: KeyID
  readonly object: KeyObject
}

/** A key of a type that is not known: it verifies nothing, and is no error. */
export interface UnknownKey {
  readonly type: undefined
  readonly id: KeyID
}

export interface Signature {
  readonly keyID: KeyID
  /** In lower case, as it came. */
  readonly method: string
  readonly bytes: Buffer
}

export interface RoleKeys {
  /** Each once. */
  readonly keyIDs: readonly KeyID[]
  /** 1 or more, and at most as many as there are keys unless the role is a delegation. */
  readonly threshold: number
}

/** What a parent promises of a file: exactly so many bytes, and their hashes. */
export interface FileMeta {
  readonly length: number
  readonly sha256: Buffer
  readonly sha512: Buffer | undefined
}

interface Common {
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly expires: number
}

export interface Root extends Common {
  readonly type: 'Root'
  readonly consistentSnapshot: boolean
  readonly keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>
  readonly roles: Readonly<Record<BaseRole, RoleKeys>>
}

export interface Delegation extends RoleKeys {
  readonly name: DelegationName
  /** Literal beginnings of names of targets; an empty one is all. */
  readonly paths: readonly string[]
}

export interface Target extends FileMeta {
  /** What its signer says of it beside. */
  readonly custom: JsonValue | undefined
}

export interface Targets extends Common {
  readonly type: 'Targets'
  readonly targets: ReadonlyMap<string, Target>
  readonly delegations: {
    readonly keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>
    /** In the order of preference; each name once. */
    readonly roles: readonly Delegation[]
  }
}

export interface Snapshot extends Common {
  readonly type: 'Snapshot'
  /** `root`, `targets`, and each delegation that has a file. */
  readonly meta: ReadonlyMap<RoleName, FileMeta>
}

export interface Timestamp extends Common {
  readonly type: 'Timestamp'
  readonly snapshot: FileMeta
}

export type Signed = Root | Targets | Snapshot | Timestamp

/** A file of metadata that was read: well-formed, and nothing more. Whether to believe it is the verifier's question. */
export interface Metadata<S extends Signed = Signed> {
  /** The file as it came; hashes and lengths are of these. */
  readonly bytes: Buffer
  readonly signed: S
  /** What signatures are over: canonical JSON of `signed`, in the order of UTF-8 bytes. */
  readonly canonical: Buffer
  readonly signatures: readonly Signature[]
  /** `signed` as JSON, with members that are not known here: who changes metadata keeps them. */
  readonly json: JsonObject
}

/** Makes signatures with a key that is somewhere. */
export interface SigningKey {
  readonly key: PublicKey
  /** The signature of `message` as it stands in metadata: raw r||s, RSA-PSS or Ed25519. */
  sign(message: Uint8Array): Promise<Buffer>
}
