import {
  asBoolean,
  asObject,
  failAt,
  type JsonObject,
  type JsonPlace,
  optional,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { known } from './fields.ts'
import { readCommon, readKeys, readRoleKeys } from './read-common.ts'
import type { BaseRole, KeyID, RoleKeys, Root } from './types.ts'

/** Reads what is signed of a root. Each of the four roles must be there, with keys that are there and enough of them. */
export function readRootBody(object: JsonObject, place: JsonPlace): Root {
  const common = readCommon('Root', object, ['consistent_snapshot', 'keys', 'roles'], place)
  const keys = readKeys(required(object, 'keys', place, asObject), placeOf(place, 'keys'))
  const roles = required(object, 'roles', place, asObject)
  const role = (name: BaseRole): RoleKeys => readBaseRole(roles, name, keys, placeOf(place, 'roles'))
  return {
    ...common,
    consistentSnapshot: optional(object, 'consistent_snapshot', place, asBoolean) ?? false,
    keys,
    roles: { root: role('root'), targets: role('targets'), snapshot: role('snapshot'), timestamp: role('timestamp') },
  }
}

function readBaseRole(
  roles: JsonObject,
  name: BaseRole,
  keys: ReadonlyMap<KeyID, unknown>,
  place: JsonPlace,
): RoleKeys {
  const own = placeOf(place, name)
  const role = readRoleKeys(known(required(roles, name, place, asObject), ['keyids', 'threshold'], own), own)
  const absent = role.keyIDs.find((id) => !keys.has(id))
  if (absent !== undefined) failAt(own, `the key ${absent} is not among the keys`)
  const count = role.keyIDs.length
  return role.threshold <= count ? role : failAt(own, `${role.threshold} signatures by ${count} keys can never be`)
}
