import {
  asBoolean,
  asInteger,
  asString,
  asStrings,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  optional,
} from '../base/json.ts'

interface OptionalMembers<S extends string, I extends string, B extends string, L extends string> {
  readonly string?: readonly S[]
  readonly integer?: readonly I[]
  readonly boolean?: readonly B[]
  readonly strings?: readonly L[]
}

type Read<S extends string, I extends string, B extends string, L extends string> = { [P in S]?: string } & {
  [P in I]?: number
} & { [P in B]?: boolean } & { [P in L]?: string[] }

/** The named members that are there and not null, each checked for its type; made to be spread into a document. */
export function optionalMembers<
  S extends string = never,
  I extends string = never,
  B extends string = never,
  L extends string = never,
>(object: JsonObject, place: JsonPlace, names: OptionalMembers<S, I, B, L>): Read<S, I, B, L> {
  const read = (keys: readonly string[] | undefined, guard: JsonGuard<unknown>): unknown[][] =>
    (keys ?? []).map((key) => [key, optional(object, key, place, guard)])
  const pairs = [
    ...read(names.string, asString),
    ...read(names.integer, asInteger),
    ...read(names.boolean, asBoolean),
    ...read(names.strings, asStrings),
  ]
  const found: Read<S, I, B, L> = Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
  return found
}

/** The members that are not undefined. */
export function definedMembers<T extends object>(members: T): { [P in keyof T]?: Exclude<T[P], undefined> } {
  const defined: { [P in keyof T]?: Exclude<T[P], undefined> } = {}
  for (const key in members) {
    const value = members[key]
    if (isDefined(value)) defined[key] = value
  }
  return defined
}

function isDefined<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined
}

/**
 * A copy of a document without the members that are null (Go writes an empty list so). Its members are typed by what is
 * spread after it.
 */
export function withoutNulls(object: JsonObject): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}
