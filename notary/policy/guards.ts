import {
  arrayOf,
  asObject,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  placeOf,
} from '../../shared/base/json.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { BadValue, type Kind } from '../../shared/config/kinds.ts'

const mostItems = 100

/** An object with no other members than these. */
export function onlyKnown(value: JsonValue, place: JsonPlace, known: readonly string[]): JsonObject {
  const object = asObject(value, place)
  const other = Object.keys(object).find((key) => !known.includes(key))
  if (other === undefined) return object
  const meant = suggest(other, known)
  const advice = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`
  return failAt(placeOf(place, other.slice(0, 80)), `is not known; ${advice}`)
}

/** A value, or a list of one or more. */
export function oneOrMore<T>(guard: JsonGuard<T>): JsonGuard<T[]> {
  const list = arrayOf(guard, mostItems)
  return (value, place) => {
    const items = Array.isArray(value) ? list(value, place) : [guard(value, place)]
    return items.length > 0 ? items : failAt(place, 'is an empty list')
  }
}

/** A value as the configuration of servers has it. */
export function ofKind<T>(kind: Kind<T>): JsonGuard<T> {
  return (value, place) => {
    try {
      return kind.read(value)
    } catch (error) {
      if (error instanceof BadValue) return failAt(place, error.message)
      throw error
    }
  }
}
