import {
  asObject,
  asString,
  failAt,
  isObject,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { shown } from './fail.ts'
import { known, listOf, MemberPlace } from './fields.ts'
import { readFileMeta } from './file-meta.ts'
import { metadataLimits } from './limits.ts'
import { readCommon, readKeys, readRoleKeys } from './read-common.ts'
import { isDelegation, isDirectChild } from './role.ts'
import type { Delegation, Target, Targets, TargetsRole } from './types.ts'

/** Reads what is signed of a role that lists targets. It may delegate to its direct children only. */
export function readTargetsBody(role: TargetsRole, object: JsonObject, place: JsonPlace): Targets {
  const common = readCommon('Targets', object, ['targets', 'delegations'], place)
  const targets = required(object, 'targets', place, asObject)
  const delegations = required(object, 'delegations', place, asObject)
  return {
    ...common,
    targets: readList(targets, placeOf(place, 'targets')),
    delegations: readDelegations(role, delegations, placeOf(place, 'delegations')),
  }
}

function readList(object: JsonObject, place: JsonPlace): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>()
  for (const name in object) {
    const value = object[name] ?? null
    const { length, sha256, sha512 } = readFileMeta(value, new MemberPlace(place, name))
    targets.set(name, { length, sha256, sha512, custom: isObject(value) ? value['custom'] : undefined })
  }
  const { targets: most } = metadataLimits
  return targets.size > most ? failAt(place, `${targets.size} targets, more than ${most}`) : targets
}

function readDelegations(role: TargetsRole, object: JsonObject, place: JsonPlace): Targets['delegations'] {
  known(object, ['keys', 'roles'], place)
  const items = listOf(object, 'roles', metadataLimits.delegations, place)
  const roles = items.map((item, i) => readDelegation(role, item, placeOf(placeOf(place, 'roles'), i)))
  const twice = roles.find(({ name }, i) => roles.findIndex((other) => other.name === name) !== i)
  if (twice !== undefined) failAt(placeOf(place, 'roles'), `${twice.name} is there twice`)
  return { keys: readKeys(required(object, 'keys', place, asObject), placeOf(place, 'keys')), roles }
}

const delegationFields = ['name', 'paths', 'keyids', 'threshold', 'path_hash_prefixes']

function readDelegation(parent: TargetsRole, value: JsonValue, place: JsonPlace): Delegation {
  const object = known(asObject(value, place), delegationFields, place)
  const name = required(object, 'name', place, asString)
  if (!isDelegation(name) || !isDirectChild(parent, name)) {
    return failAt(placeOf(place, 'name'), `${shown(name)} is no delegation that ${parent} may make`)
  }
  const paths = listOf(object, 'paths', metadataLimits.paths, place)
  const read = (path: JsonValue, i: number): string => asString(path, placeOf(placeOf(place, 'paths'), i))
  return { name, ...readRoleKeys(object, place), paths: paths.map(read) }
}
