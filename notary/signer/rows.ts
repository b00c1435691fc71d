import {
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonPlace,
  optional,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import { type RowKind, rowKind } from '../../shared/rows/row-kind.ts'
import { base64Bytes } from '../tuf/fields.ts'
import { parseGun } from '../tuf/gun.ts'
import { parseKeyID, publicKey } from '../tuf/key.ts'
import type { Gun, KeyID, PublicKey, ServerRole } from '../tuf/types.ts'
import { type Derivation, mostCost } from './secret.ts'

/**
 * What the database of a signer holds; the only place that knows. SEALED is AES-256-GCM (seal.ts), in base64.
 *
 * ```
 * format             {"version":1}
 * master             {"kind","salt","cost"?,"sealed"}: the key of all keys, sealed with what is made of the passphrase or key file
 * key ID             {"gun","role","type","public","at","sealed"}: PKCS#8, sealed with the master key, bound to all but `at`
 * pending ROLE GUN   ID: made for the role and not yet used; who asks for one gets this one
 * ```
 */
export interface MasterRow extends Derivation {
  readonly sealed: Buffer
}

export interface KeyRow {
  readonly gun: Gun
  readonly role: ServerRole
  readonly key: PublicKey
  /** When it was made; milliseconds since the epoch. */
  readonly at: number
  readonly sealed: Buffer
}

export const signerDatabase: DatabaseKind = {
  what: 'the keys of the notary server',
  format: 1,
  formerFormats: [],
  afterRepair: [],
  whenBusy: 'A signer that is running has it: stop it first.',
  whenLost:
    'Put a copy of the folder back; without it, collections get new snapshot and timestamp keys from their signers.',
}

export const masterRow: RowKind<[], MasterRow> = rowKind('master', (value, place) => {
  const object = asObject(value, place)
  const kind = required(object, 'kind', place, asString)
  const cost = optional(object, 'cost', place, asInteger) ?? 0
  if (kind !== 'passphrase' && kind !== 'key') return failAt(placeOf(place, 'kind'), 'is not known')
  if (cost > mostCost) return failAt(placeOf(place, 'cost'), `is more than ${mostCost}`)
  return {
    kind,
    cost,
    salt: required(object, 'salt', place, base64Bytes),
    sealed: required(object, 'sealed', place, base64Bytes),
  }
})

/** {@link masterRow} as it is stored. */
export function masterValue({ kind, salt, cost, sealed }: MasterRow): string {
  const others = cost === 0 ? {} : { cost }
  return JSON.stringify({ kind, salt: salt.toString('base64'), ...others, sealed: sealed.toString('base64') })
}

export const keyRows: RowKind<[id: string], KeyRow> = rowKind('key', (value, place) => {
  const object = asObject(value, place)
  return {
    gun: parseGun(required(object, 'gun', place, asString)),
    role: asServerRole(required(object, 'role', place, asString), placeOf(place, 'role')),
    key: publicKey(
      asOwnType(required(object, 'type', place, asString), placeOf(place, 'type')),
      required(object, 'public', place, base64Bytes),
    ),
    at: required(object, 'at', place, asInteger),
    sealed: required(object, 'sealed', place, base64Bytes),
  }
})

/** {@link keyRows} as they are stored. */
export function keyValue({ gun, role, key, at, sealed }: KeyRow): string {
  const type = key.type
  return JSON.stringify({
    gun,
    role,
    type,
    public: key.bytes.toString('base64'),
    at,
    sealed: sealed.toString('base64'),
  })
}

export const pendingRows: RowKind<[role: string, gun: string], KeyID> = rowKind('pending', (value, place) =>
  parseKeyID(asString(value, place)),
)

function asServerRole(text: string, place: JsonPlace): ServerRole {
  return text === 'snapshot' || text === 'timestamp' ? text : failAt(place, 'is no role of a server')
}

function asOwnType(text: string, place: JsonPlace): 'ecdsa' | 'ed25519' {
  return text === 'ecdsa' || text === 'ed25519' ? text : failAt(place, 'is no type of keys that are made here')
}
