import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'

/** What a JSON document is like: as JSON Schema (2020-12) for those who read of it, and as a reader. */
export interface Shape<T> {
  readonly schema: JsonObject
  /** Of the keys of an object it reads those that it knows. Errors: {@link Mismatch}. */
  read(value: JsonValue, path: string): T
}

/** A value that is not as it must be. The path is such as `failures[2].message`; empty for the document. */
export class Mismatch extends Error {
  readonly path: string

  constructor(path: string, message: string) {
    super(path === '' ? message : `${path}: ${message}`)
    this.path = path
  }
}

export interface TextOptions {
  readonly longest?: number
  readonly pattern?: string
  readonly about?: string
}

export function text({ longest, pattern, about }: TextOptions = {}): Shape<string> {
  const fits = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  return {
    schema: {
      type: 'string',
      ...(longest !== undefined && { maxLength: longest }),
      ...(pattern !== undefined && { pattern }),
      ...(about !== undefined && { description: about }),
    },
    read(value, path) {
      if (typeof value !== 'string') throw new Mismatch(path, 'expected a text')
      if (longest !== undefined && value.length > longest)
        throw new Mismatch(path, `has more than ${longest} characters`)
      if (fits?.test(value) === false) throw new Mismatch(path, `is not as it must be: ${about ?? pattern}`)
      return value
    },
  }
}

export interface IntegerOptions {
  readonly least?: number
  readonly most?: number
  readonly about?: string
}

/** A whole number; in a query its digits. */
export function integer({
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
  about,
}: IntegerOptions = {}): Shape<number> {
  return {
    schema: {
      type: 'integer',
      ...(least > Number.MIN_SAFE_INTEGER && { minimum: least }),
      ...(most < Number.MAX_SAFE_INTEGER && { maximum: most }),
      ...(about !== undefined && { description: about }),
    },
    read(value, path) {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
      throw new Mismatch(path, `expected a whole number${rangeOf(least, most)}`)
    },
  }
}

function rangeOf(least: number, most: number): string {
  if (most < Number.MAX_SAFE_INTEGER) return ` from ${least} to ${most}`
  return least > Number.MIN_SAFE_INTEGER ? ` from ${least}` : ''
}

/** Milliseconds since the epoch. */
export const time: Shape<number> = integer({ about: 'Milliseconds since 1970-01-01T00:00:00Z.' })
export const count: Shape<number> = integer({ least: 0 })

export const flag: Shape<boolean> = {
  schema: { type: 'boolean' },
  read(value, path) {
    if (typeof value === 'boolean') return value
    throw new Mismatch(path, 'expected true or false')
  },
}

/** One of some words. */
export function word<Word extends string>(...words: readonly Word[]): Shape<Word> {
  const known: ReadonlySet<unknown> = new Set(words)
  const isWord = (value: unknown): value is Word => known.has(value)
  return {
    schema: words.length === 1 ? { const: words[0] ?? '' } : { enum: words },
    read(value, path) {
      if (isWord(value)) return value
      throw new Mismatch(path, `expected one of ${words.join(', ')}`)
    },
  }
}

/** Any JSON. */
export const anything: Shape<JsonValue> = { schema: {}, read: (value) => value }

/** A list, of `most` elements where a caller sends it. */
export function list<T>(element: Shape<T>, most = Number.POSITIVE_INFINITY): Shape<readonly T[]> {
  return {
    schema: { type: 'array', items: element.schema, ...(Number.isFinite(most) && { maxItems: most }) },
    read(value, path) {
      if (!Array.isArray(value)) throw new Mismatch(path, 'expected a list')
      if (value.length > most) throw new Mismatch(path, `has more than ${most} elements`)
      return value.length === 0 ? value : value.map((one: JsonValue, i) => element.read(one, `${path}[${i}]`))
    },
  }
}

/** Values by names. */
export function record<T>(value: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return {
    schema: { type: 'object', additionalProperties: value.schema },
    read(found, path) {
      if (!isObject(found)) throw new Mismatch(path, 'expected an object')
      return Object.fromEntries(Object.entries(found).map(([name, one]) => [name, value.read(one, at(path, name))]))
    },
  }
}

/** The first that fits. */
export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  return {
    schema: { anyOf: [a.schema, b.schema] },
    read(value, path) {
      try {
        return a.read(value, path)
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error
        return b.read(value, path)
      }
    },
  }
}

/** The path of a key. */
export function at(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
