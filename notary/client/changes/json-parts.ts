import { isObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts'

/** Member `key` when it is an object, else an empty one: how Go reads what is absent or null. */
export function objectIn(json: JsonObject, key: string): JsonObject {
  const value = memberOf(json, key)
  return isObject(value) ? value : {}
}

/** Member `key` when it is an array, else an empty one. */
export function arrayIn(json: JsonObject, key: string): readonly JsonValue[] {
  const value = memberOf(json, key)
  return Array.isArray(value) ? value : []
}

/** The texts in the array that is member `key`. */
export function textsIn(json: JsonObject, key: string): readonly string[] {
  return arrayIn(json, key).filter((value) => typeof value === 'string')
}

/** An own member: names come from outside, and may be those of what every object has. */
export function memberOf(json: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(json, key) ? json[key] : undefined
}

/** A copy with the member in place of another of that name. */
export function withMember(json: JsonObject, key: string, value: JsonValue): JsonObject {
  return Object.fromEntries([...Object.entries(json).filter(([name]) => name !== key), [key, value]])
}

/** A copy without the members of these names. */
export function withoutMembers(json: JsonObject, isGone: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([name]) => !isGone(name)))
}
