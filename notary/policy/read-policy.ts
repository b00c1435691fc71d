import {
  arrayOf,
  asString,
  failAt,
  type JsonPlace,
  type JsonValue,
  optional,
  required,
} from '../../shared/base/json.ts'
import { BadPattern } from '../../shared/base/name-pattern.ts'
import { oneOrMore, onlyKnown } from './guards.ts'
import { parseImagePattern } from './image-pattern.ts'
import type { PolicyFiles } from './policy-keys.ts'
import { readRequirement } from './read-requirement.ts'
import type { Policy, PolicyRule } from './types.ts'

const mostRules = 1000

/**
 * A policy as it stands in a file: `default`, and `rules` of `names` and `require`. What is not known is refused: a word with a mistake
 * would let in what was to be kept out. Errors: TRUST_POLICY_INVALID with the place of what is wrong.
 */
export function readPolicy(value: JsonValue, source: string, files: PolicyFiles): Policy {
  const place: JsonPlace = { code: 'TRUST_POLICY_INVALID', path: source }
  const object = onlyKnown(value, place, ['default', 'rules'])
  const otherwise = required(object, 'default', place, (each, at) => readRequirement(each, at, files))
  const readRules = arrayOf((each, at) => readRule(each, at, files), mostRules)
  const rules = optional(object, 'rules', place, readRules) ?? []
  return { otherwise, rules: rules.flat(), source }
}

function readRule(value: JsonValue, place: JsonPlace, files: PolicyFiles): PolicyRule[] {
  const object = onlyKnown(value, place, ['names', 'require'])
  const patterns = required(object, 'names', place, oneOrMore(readPattern))
  const requirement = required(object, 'require', place, (each, at) => readRequirement(each, at, files))
  return patterns.map((pattern) => ({ ...pattern, requirement }))
}

function readPattern(value: JsonValue, place: JsonPlace): ReturnType<typeof parseImagePattern> {
  const text = asString(value, place)
  try {
    return parseImagePattern(text)
  } catch (error) {
    if (error instanceof BadPattern) return failAt(place, error.message)
    throw error
  }
}
