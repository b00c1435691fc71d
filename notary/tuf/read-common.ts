import {
  asInteger,
  asString,
  failAt,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { asMoment, known, listOf } from './fields.ts'
import { isKeyID, readKey } from './key.ts'
import { metadataLimits } from './limits.ts'
import type { KeyID, PublicKey, RoleKeys, UnknownKey } from './types.ts'

interface Common<T extends string> {
  readonly type: T
  readonly version: number
  readonly expires: number
}

/** What each file has: `_type`, `version`, `expires`. `names` are the other members that are known. */
export function readCommon<T extends string>(
  type: T,
  object: JsonObject,
  names: readonly string[],
  place: JsonPlace,
): Common<T> {
  known(object, ['_type', 'version', 'expires', ...names], place)
  const found = required(object, '_type', place, asString)
  if (found !== type) failAt(placeOf(place, '_type'), `expected ${type}, found ${JSON.stringify(found.slice(0, 40))}`)
  const version = required(object, 'version', place, asInteger)
  if (version < 1) failAt(placeOf(place, 'version'), `${version} is no version; the first is 1`)
  return { type, version, expires: required(object, 'expires', place, asMoment) }
}

/** Keys by their IDs, each of which must be that of its content. */
export function readKeys(object: JsonObject, place: JsonPlace): ReadonlyMap<KeyID, PublicKey | UnknownKey> {
  const ids = Object.keys(object)
  if (ids.length > metadataLimits.keys) failAt(place, `${ids.length} keys, more than ${metadataLimits.keys}`)
  return new Map(
    ids.map((id) => {
      const key = readKey(object[id] ?? null, placeOf(place, id.slice(0, 64)))
      if (key.id !== id) failAt(placeOf(place, id.slice(0, 64)), 'the key has another ID')
      return [key.id, key]
    }),
  )
}

/** The keys of a role and how many of them must sign. Thresholds below 1 are refused. */
export function readRoleKeys(object: JsonObject, place: JsonPlace): RoleKeys {
  const ids = listOf(object, 'keyids', metadataLimits.keys, place)
  const keyIDs = ids.map((id, i) => asKeyID(id, placeOf(placeOf(place, 'keyids'), i)))
  const threshold = required(object, 'threshold', place, asInteger)
  if (threshold < 1) failAt(placeOf(place, 'threshold'), `${threshold} signatures are no threshold; 1 is the least`)
  return { keyIDs: [...new Set(keyIDs)], threshold }
}

function asKeyID(value: JsonValue, place: JsonPlace): KeyID {
  const text = asString(value, place)
  return isKeyID(text) ? text : failAt(place, 'is not the ID of a key')
}
