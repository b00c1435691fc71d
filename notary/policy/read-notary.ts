import {
  asBoolean,
  asString,
  failAt,
  type JsonGuard,
  type JsonPlace,
  type JsonValue,
  optional,
  placeOf,
} from '../../shared/base/json.ts'
import { age, choice, count } from '../../shared/config/kinds.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { TargetsRole } from '../tuf/types.ts'
import { releaseRoles } from '../verifier/resolve.ts'
import { ofKind, oneOrMore, onlyKnown } from './guards.ts'
import { keyIDIn, type PolicyFiles, pemIn } from './policy-keys.ts'
import type { NotaryRequirement, RootAnchor } from './types.ts'

const members = ['server', 'root', 'roles', 'alsoRoles', 'keys', 'threshold', 'unreachable', 'maxAge', 'digests']

/** What a trusted collection has to say, as it stands in a policy. `{}` is one whose root is pinned nowhere, which never is met. */
export function readNotary(value: JsonValue, place: JsonPlace, files: PolicyFiles): NotaryRequirement {
  const object = onlyKnown(value, place, members)
  const keys = new Set(optional(object, 'keys', place, oneOrMore(keyIDIn(files))))
  const unreachable = optional(object, 'unreachable', place, ofKind(choice('refuse', 'lastKnownGood'))) ?? 'refuse'
  const maxAge = optional(object, 'maxAge', place, ofKind(age))
  if (maxAge !== undefined && unreachable === 'refuse')
    failAt(placeOf(place, 'maxAge'), 'is about what is last known good, so it needs unreachable: lastKnownGood')
  return {
    kind: 'notary',
    server: optional(object, 'server', place, asServer),
    root:
      optional(object, 'root', place, (each, at) => readRoot(each, at, files)) ?? files.usualRoot ?? noAnchor(place),
    roles: optional(object, 'roles', place, oneOrMore(asRole)) ?? releaseRoles,
    alsoRoles: optional(object, 'alsoRoles', place, oneOrMore(asRole)) ?? [],
    keys,
    threshold: thresholdOf(optional(object, 'threshold', place, ofKind(count)), keys.size, place),
    unreachable,
    maxAge,
    digests: optional(object, 'digests', place, ofKind(choice('verify', 'accept'))) ?? 'verify',
  }
}

/** How many of some keys must have signed: one unless told otherwise. */
export function thresholdOf(asked: number | undefined, keys: number, place: JsonPlace): number {
  if (asked === undefined) return Math.min(1, keys)
  const at = placeOf(place, 'threshold')
  if (keys === 0) return failAt(at, 'counts keys, and there are none: name them in keys')
  if (asked < 1) return failAt(at, 'is less than 1: nobody would have to sign')
  return asked <= keys ? asked : failAt(at, `is ${asked}, more than the ${keys} different keys that are named`)
}

function readRoot(value: JsonValue, place: JsonPlace, files: PolicyFiles): RootAnchor {
  const object = onlyKnown(value, place, ['keys', 'ca', 'firstUse'])
  const keys = optional(object, 'keys', place, oneOrMore(keyIDIn(files))) ?? []
  const authority = optional(object, 'ca', place, pemIn(files))
  const allowsFirstUse = optional(object, 'firstUse', place, asBoolean) ?? false
  const isPinned = keys.length > 0 || authority !== undefined
  if (isPinned && allowsFirstUse)
    failAt(placeOf(place, 'firstUse'), 'believes any root, though one is pinned beside it')
  return isPinned || allowsFirstUse ? { keys, authority, allowsFirstUse } : noAnchor(place)
}

/** Whoever is met first would say who may sign: that is chosen, not forgotten. */
function noAnchor(place: JsonPlace): never {
  return failAt(place, 'has nothing that its root is known by: write root with keys, ca, or firstUse: true')
}

const asServer: JsonGuard<string> = (value, place) => {
  const text = asString(value, place).replace(/\/+$/, '')
  const url = URL.parse(text)
  const isServer = url?.protocol === 'https:' && url.origin === text.toLowerCase() && url.hostname !== ''
  return isServer ? text : failAt(place, 'is not https://HOST or https://HOST:PORT')
}

const asRole: JsonGuard<TargetsRole> = (value, place) => {
  const text = asString(value, place)
  return isTargetsRole(text)
    ? text
    : failAt(place, `${JSON.stringify(text.slice(0, 80))} is not targets or targets/NAME`)
}
