import { suggest } from '../../shared/base/suggest.ts'
import { BadValue, isPlainObject, type Kind } from '../../shared/config/kinds.ts'
import { note, type Place, placeAt, type Read } from './place.ts'

/** The members of a map whose keys are all known. */
export interface Fields {
  readonly place: Place
  has(key: string): boolean
  /** Undefined when it is not there, or has a problem. */
  get<T>(key: string, read: Read<T>): T | undefined
  /** Notes a problem when it is not there. */
  need<T>(key: string, read: Read<T>): T | undefined
}

/** A map; every key that is not of `known` is a problem, with the one that was meant. */
export function fieldsOf(value: unknown, place: Place, known: readonly string[]): Fields | undefined {
  if (!isPlainObject(value)) return note(place, `expected a map with ${known.join(', ')}, found ${shown(value)}`)
  for (const key of Object.keys(value)) if (!known.includes(key)) noteUnknown(placeAt(place, key), key, known)
  const has = (key: string): boolean => Object.hasOwn(value, key)
  const get = <T>(key: string, read: Read<T>): T | undefined =>
    has(key) ? readPresent(value[key], placeAt(place, key), read) : undefined
  const need = <T>(key: string, read: Read<T>): T | undefined =>
    has(key) ? get(key, read) : note(placeAt(place, key), 'is missing')
  return { place, has, get, need }
}

function noteUnknown(place: Place, key: string, known: readonly string[]): void {
  const meant = suggest(key, known)
  note(
    place,
    `there is no such key; ${meant === undefined ? `the keys are ${known.join(', ')}` : `did you mean ${meant}?`}`,
  )
}

/** A key without a value would mean nothing, or everything: nobody can tell. */
function readPresent<T>(value: unknown, place: Place, read: Read<T>): T | undefined {
  return value === null ? note(place, 'is empty: give it a value, or leave the key out') : read(value, place)
}

/** A value of a kind of the configuration. */
export function ofKind<T>(kind: Kind<T>, problemOf: (value: T) => string | undefined = () => undefined): Read<T> {
  return (value, place) => {
    try {
      const read = kind.read(value)
      const problem = problemOf(read)
      return problem === undefined ? read : note(place, problem)
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      return note(place, withQuotes(error.message, kind.name, value))
    }
  }
}

/** Of what YAML reads as a number or as true, many think that it is a text. */
function withQuotes(message: string, wanted: string, value: unknown): string {
  const isBare = typeof value === 'number' || typeof value === 'boolean'
  return wanted === 'text' && isBare ? `${message}: put it in quotes` : message
}

/** A list of at most `most`; an element that has a problem is left out of what is given. */
export function listOf<T>(read: Read<T>, most: number): Read<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return note(place, `expected a list, found ${shown(value)}`)
    if (value.length > most) return note(place, `has ${value.length} elements, more than ${most}`)
    return value.flatMap((each: unknown, i) => readPresent(each, placeAt(place, i), read) ?? [])
  }
}

/** A list that has something. */
export function someOf<T>(read: Read<T>, most: number): Read<readonly T[]> {
  const list = listOf(read, most)
  return (value, place) =>
    Array.isArray(value) && value.length === 0 ? note(place, 'is an empty list') : list(value, place)
}

/** For messages. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isPlainObject(value)) return 'a map'
  return value === undefined || value === null ? 'nothing' : JSON.stringify(value).slice(0, 80)
}
