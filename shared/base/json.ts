import type { ErrorCode } from './error-codes.ts'
import { IbuildError } from './errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Where in which document a value stands, for messages: the code to fail with and a path like `manifest.layers[2]`. */
export interface JsonPlace {
  readonly code: ErrorCode
  readonly path: string
}

export interface JsonLimits {
  /** Names the document in messages, e.g. `manifest`. */
  readonly what: string
  /** Default 4 MiB, the size that registries must accept for manifests (OCI distribution-spec). */
  readonly maxBytes?: number
  /** Arrays and objects inside each other. Default 64. */
  readonly maxDepth?: number
}

/** Parses JSON from UTF-8 bytes or text. JSON_INVALID when it does not parse, is too large or nested too deep. */
export function parseJson(source: Uint8Array | string, limits: JsonLimits): JsonValue {
  const { maxBytes = 4 * 1024 * 1024, maxDepth = 64 } = limits
  const size = typeof source === 'string' && source.length * 3 > maxBytes ? Buffer.byteLength(source) : source.length
  if (size > maxBytes) throw invalid(`${limits.what}: ${size} bytes of JSON, more than ${maxBytes}`)
  try {
    const text = typeof source === 'string' ? source : utf8.decode(source)
    if (deeperThan(text, maxDepth)) throw invalid(`${limits.what}: JSON nested deeper than ${maxDepth}`)
    const value: JsonValue = JSON.parse(text)
    return value
  } catch (cause) {
    if (cause instanceof IbuildError) throw cause
    throw invalid(`${limits.what}: not JSON (${cause instanceof Error ? cause.message : 'unknown reason'})`, cause)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('JSON_INVALID', message, { cause })
}

/** True when the text has more than so many brackets that open, wherever they stand: of few nobody has to look where. */
function hasMore(text: string, most: number): boolean {
  let count = 0
  for (const bracket of '{[') {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (++count > most) return true
  }
  return false
}

function deeperThan(text: string, maxDepth: number): boolean {
  if (!hasMore(text, maxDepth)) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 0x5c) i++
      else if (c === 0x22) inString = false
    } else if (c === 0x22) inString = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth) return true
    } else if (c === 0x7d || c === 0x5d) depth--
  }
  return false
}

/** The place of member `key` (text) or element `key` (number) of what stands at `place`. */
export function placeOf(place: JsonPlace, key: string | number): JsonPlace {
  return new InnerPlace(place, key)
}

/** Its path is made when something is wrong there: of most values nobody asks for it. */
class InnerPlace implements JsonPlace {
  readonly code: ErrorCode
  readonly #outer: JsonPlace
  readonly #key: string | number

  constructor(outer: JsonPlace, key: string | number) {
    this.code = outer.code
    this.#outer = outer
    this.#key = key
  }

  get path(): string {
    return typeof this.#key === 'number' ? `${this.#outer.path}[${this.#key}]` : `${this.#outer.path}.${this.#key}`
  }
}

/** Fails with the code of `place` and a message that starts with its path. */
export function failAt(place: JsonPlace, problem: string): never {
  throw new IbuildError(place.code, `${place.path}: ${problem}`)
}

/** A guard turns a JSON value into a T or fails with the code and path of its place. */
export type JsonGuard<T> = (value: JsonValue, place: JsonPlace) => T

export function asObject(value: JsonValue, place: JsonPlace): JsonObject {
  return isObject(value) ? value : failAt(place, `expected an object, found ${kindOf(value)}`)
}

export function asString(value: JsonValue, place: JsonPlace): string {
  return typeof value === 'string' ? value : failAt(place, `expected a string, found ${kindOf(value)}`)
}

export function asBoolean(value: JsonValue, place: JsonPlace): boolean {
  return typeof value === 'boolean' ? value : failAt(place, `expected true or false, found ${kindOf(value)}`)
}

/** An integer that a double holds exactly. */
export function asInteger(value: JsonValue, place: JsonPlace): number {
  const whole = typeof value === 'number' && Number.isSafeInteger(value)
  return whole ? value : failAt(place, `expected an integer, found ${kindOf(value)}`)
}

export function asArray(value: JsonValue, place: JsonPlace): readonly JsonValue[] {
  return Array.isArray(value) ? value : failAt(place, `expected an array, found ${kindOf(value)}`)
}

/** A guard for arrays whose elements all pass `element`, at most `max` of them. */
export function arrayOf<T>(element: JsonGuard<T>, max = 100_000): JsonGuard<T[]> {
  return (value, place) => {
    const items = asArray(value, place)
    if (items.length > max) failAt(place, `${items.length} elements, more than ${max}`)
    return items.map((item, i) => element(item, placeOf(place, i)))
  }
}

/** A guard for objects whose values all pass `element`; key order is kept. */
export function recordOf<T>(element: JsonGuard<T>): JsonGuard<Record<string, T>> {
  return (value, place) =>
    Object.fromEntries(
      Object.entries(asObject(value, place)).map(([key, item]) => [key, element(item, placeOf(place, key))]),
    )
}

export const asStrings: JsonGuard<string[]> = arrayOf(asString)
export const asStringMap: JsonGuard<Record<string, string>> = recordOf(asString)

/** Member `key` of `object`; fails when it is absent or null. */
export function required<T>(object: JsonObject, key: string, place: JsonPlace, guard: JsonGuard<T>): T {
  return optional(object, key, place, guard) ?? failAt(placeOf(place, key), 'is missing')
}

/** Member `key` of `object`, undefined when it is absent or null (which is how Go writes an empty value). */
export function optional<T>(object: JsonObject, key: string, place: JsonPlace, guard: JsonGuard<T>): T | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return value === undefined || value === null ? undefined : guard(value, placeOf(place, key))
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return `the number ${value}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** JSON text with the keys of every object sorted by code units: one text for equal values. */
export function stringifySorted(value: JsonValue): string {
  return JSON.stringify(value, (_, member: JsonValue) => (isObject(member) ? sortKeys(member) : member))
}

/** A copy with sorted keys; values are the same objects. Integer-like keys come first, as in every JavaScript object. */
export function sortKeys<T>(object: { readonly [key: string]: T }): Record<string, T> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * A copy whose keys come in the order of `first`, then the others sorted; members that are undefined are left out. This
 * gives documents one serialisation whatever way they were put together.
 */
export function orderKeys(object: object, first: readonly string[]): JsonObject {
  const members = new Map(Object.entries(object).filter(([, value]) => value !== undefined))
  const others = [...members.keys()].filter((key) => !first.includes(key)).sort()
  return Object.fromEntries(
    [...first.filter((key) => members.has(key)), ...others].map((key) => [key, members.get(key)]),
  )
}
