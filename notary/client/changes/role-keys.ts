import { isObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts'
import { keyJson, readKey } from '../../tuf/key.ts'
import { parentOf } from '../../tuf/role.ts'
import type { KeyID, PublicKey, RoleKeys, RoleName, TargetsRole, UnknownKey } from '../../tuf/types.ts'
import { arrayIn, memberOf, objectIn, textsIn, withMember, withoutMembers } from './json-parts.ts'
import type { Draft } from './types.ts'

/** Keys and threshold of a role, with the keys themselves. */
export interface KeysOfRole extends RoleKeys {
  readonly keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>
}

/** The entry that the parent's file has of a delegation. */
export function delegationEntry(draft: Draft, name: TargetsRole): JsonObject | undefined {
  if (name === 'targets') return undefined
  const parent = draft.targets.get(parentOf(name))
  return parent === undefined ? undefined : delegationsIn(parent).find((entry) => memberOf(entry, 'name') === name)
}

/** Entries of delegations that a file of targets makes, in its order. */
export function delegationsIn(json: JsonObject): readonly JsonObject[] {
  return arrayIn(objectIn(json, 'delegations'), 'roles').filter(isObject)
}

/** Who must sign a role according to the draft; undefined for a delegation that nobody makes. */
export function keysOfRole(draft: Draft, role: RoleName): KeysOfRole | undefined {
  if (role === 'root' || role === 'targets' || role === 'snapshot' || role === 'timestamp') {
    const entry = memberOf(objectIn(draft.root, 'roles'), role)
    return isObject(entry) ? keysOf(entry, objectIn(draft.root, 'keys')) : undefined
  }
  const entry = delegationEntry(draft, role)
  const parent = draft.targets.get(parentOf(role))
  return entry === undefined || parent === undefined
    ? undefined
    : keysOf(entry, objectIn(objectIn(parent, 'delegations'), 'keys'))
}

function keysOf(entry: JsonObject, known: JsonObject): KeysOfRole {
  const keys = new Map(
    textsIn(entry, 'keyids').flatMap((id) => {
      const json = memberOf(known, id)
      if (!isObject(json)) return []
      const key = readKey(json)
      return [[key.id, key] as const]
    }),
  )
  return { keyIDs: [...keys.keys()], threshold: thresholdOf(entry), keys }
}

export function thresholdOf(entry: JsonObject): number {
  const threshold = memberOf(entry, 'threshold')
  return typeof threshold === 'number' ? threshold : 1
}

/** Canonical IDs, by which one key counts once. */
export function canonicalIDs({ keys }: KeysOfRole): ReadonlySet<KeyID> {
  return new Set([...keys.values()].flatMap((key) => (key.type === undefined ? [] : [key.canonicalID])))
}

/** How many keys an entry names; one counts once, in whatever forms it is there. */
export function countKeys(entry: JsonObject, known: JsonObject): number {
  return canonicalIDs(keysOf(entry, known)).size
}

/** True for the key that `id` names, as in metadata or canonically. */
export function isKey(json: JsonValue | undefined, id: KeyID): boolean {
  if (!isObject(json)) return false
  const key = readKey(json)
  return key.id === id || (key.type !== undefined && key.canonicalID === id)
}

/** A table of keys with those of `added` and without those that none of `entries` names. */
export function keyTable(known: JsonObject, added: readonly PublicKey[], entries: readonly JsonObject[]): JsonObject {
  const used = new Set(entries.flatMap((entry) => textsIn(entry, 'keyids')))
  const all = added.reduce((table, key) => withMember(table, key.id, keyJson(key)), known)
  return withoutMembers(all, (id) => !used.has(id))
}
