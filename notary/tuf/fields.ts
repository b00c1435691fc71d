import {
  asString,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  placeOf,
} from '../../shared/base/json.ts'
import { shown } from './fail.ts'

/** A place in a document of metadata. */
export function metadataPlace(path: string): JsonPlace {
  return { code: 'METADATA_INVALID', path }
}

/** The place of a member with any name; its text is made when it is asked for, which is seldom. */
export class MemberPlace implements JsonPlace {
  readonly code: JsonPlace['code']
  readonly #parent: JsonPlace
  readonly #name: string

  constructor(parent: JsonPlace, name: string) {
    this.code = parent.code
    this.#parent = parent
    this.#name = name
  }

  get path(): string {
    return `${this.#parent.path}[${shown(this.#name)}]`
  }
}

/**
 * The object itself; fails when it has a name that differs from a known one in case alone. The reference client takes those for the
 * same and merges what they hold, so two readers would see two things. Names that are not known are let through.
 */
export function known(object: JsonObject, names: readonly string[], place: JsonPlace): JsonObject {
  for (const key in object) {
    if (names.includes(key)) continue
    const folded = fold(key)
    const name = names.find((known) => fold(known) === folded)
    if (name !== undefined) failAt(place, `the name ${shown(key)} is to be written ${name}`)
  }
  return object
}

/** Upper and lower case, the long s and the sign of Kelvin are one. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll('\u017f', 's')
}

/** A member that holds a list; absent and null are an empty one. */
export function listOf(object: JsonObject, name: string, most: number, place: JsonPlace): readonly JsonValue[] {
  const value = object[name]
  if (value === undefined || value === null) return []
  const at = placeOf(place, name)
  if (!Array.isArray(value)) return failAt(at, 'expected an array')
  return value.length > most ? failAt(at, `${value.length} elements, more than ${most}`) : value
}

/** Bytes of standard base64 with its padding, in its one spelling. */
export function base64(text: string, place: JsonPlace): Buffer {
  return fromBase64(text) ?? failAt(place, 'is not base64')
}

/** As {@link base64}, of a member that holds text. */
export const base64Bytes: JsonGuard<Buffer> = (value, place) => base64(asString(value, place), place)

/** As {@link base64}; undefined when it is none. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

const moment = /^(\d{4}-\d{2}-\d{2})T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/

/** Reads a time of RFC 3339 as milliseconds since the epoch; what is finer is cut off. */
export function asMoment(value: JsonValue, place: JsonPlace): number {
  const parts = typeof value === 'string' ? moment.exec(value) : null
  const [, day = '', time = '', fraction = '', zone = ''] = parts ?? []
  const at = Date.parse(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  if (Number.isNaN(at) || !isDay || day === '') failAt(place, 'expected a time like 2030-01-31T12:00:00Z')
  return at
}
