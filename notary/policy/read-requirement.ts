import {
  arrayOf,
  failAt,
  type JsonGuard,
  type JsonPlace,
  type JsonValue,
  optional,
  required,
} from '../../shared/base/json.ts'
import { count } from '../../shared/config/kinds.ts'
import { ofKind, oneOrMore, onlyKnown } from './guards.ts'
import { type PolicyFiles, publicKeyIn } from './policy-keys.ts'
import { readNotary, thresholdOf } from './read-notary.ts'
import type { CosignRequirement, Requirement } from './types.ts'

const kinds = ['notary', 'cosign', 'anyOf', 'allOf'] as const
const words = 'insecureAcceptAnything, reject, or a map with one of notary, cosign, anyOf, allOf'
const [mostParts, mostDepth] = [16, 4]

/** What is required, as it stands in a policy; `insecureAcceptAnything` and `reject` are words. Errors: those of `place`. */
export function readRequirement(value: JsonValue, place: JsonPlace, files: PolicyFiles): Requirement {
  if (value === 'insecureAcceptAnything') return { kind: 'acceptAnything' }
  if (value === 'reject') return { kind: 'reject' }
  return readMap(value, place, { files, depth: 1 })
}

interface Scope {
  readonly files: PolicyFiles
  readonly depth: number
}

function readMap(value: JsonValue, place: JsonPlace, { files, depth }: Scope): Requirement {
  if (typeof value !== 'object') return failAt(place, `expected ${words}`)
  const object = onlyKnown(value, place, kinds)
  const [kind, ...more] = kinds.filter((one) => Object.hasOwn(object, one))
  if (kind === undefined) return failAt(place, `expected ${words}`)
  if (more.length > 0)
    return failAt(place, `has ${kind} beside ${more.join(' and ')}: write anyOf or allOf around them`)
  if (depth > mostDepth) return failAt(place, `is nested deeper than ${mostDepth}`)
  const read: JsonGuard<Requirement> = (each, at) => readMap(each, at, { files, depth: depth + 1 })
  switch (kind) {
    case 'notary':
      return required(object, kind, place, (each, at) => readNotary(each, at, files))
    case 'cosign':
      return required(object, kind, place, (each, at) => readCosign(each, at, files))
    case 'anyOf':
    case 'allOf':
      return { kind, of: required(object, kind, place, partsWith(read)) }
  }
}

/** What accepts anything, or nothing, has no place among others: it would decide alone. */
function partsWith(read: JsonGuard<Requirement>): JsonGuard<Requirement[]> {
  const list = arrayOf(read, mostParts)
  return (value, place) => {
    const parts = list(value, place)
    return parts.length > 0 ? parts : failAt(place, 'is an empty list')
  }
}

function readCosign(value: JsonValue, place: JsonPlace, files: PolicyFiles): CosignRequirement {
  const object = onlyKnown(value, place, ['keys', 'threshold'])
  const all = required(object, 'keys', place, oneOrMore(publicKeyIn(files)))
  const keys = [...new Map(all.map((key) => [key.canonicalID, key])).values()]
  const threshold = thresholdOf(optional(object, 'threshold', place, ofKind(count)), keys.length, place)
  return { kind: 'cosign', keys, threshold }
}
