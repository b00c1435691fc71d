import { IbuildError, isIbuildError } from '../base/errors.ts'
import { type JsonGuard, type JsonLimits, type JsonPlace, parseJson } from '../base/json.ts'
import type { Row } from './row-store.ts'

/**
 * Rows of one kind: `KIND PART PART...` and a value in JSON. The space is smaller than every character that a part can have,
 * so keys sort as their parts do: `a`, `a-b`, `a/b`, `ab` as names stay in the order of their bytes, and none of them is a
 * prefix of the rows of another.
 */
export interface RowKind<Parts extends readonly string[], Value> {
  key(...parts: Parts): string
  /** What the keys of all rows with these first parts begin with; of all rows of the kind without any. */
  prefix(...parts: Partial<Parts>): string
  row(parts: Parts, value: Value): Row
  /** Reads a value. STORE_INVALID with the key when it is damaged. */
  parse(key: string, value: string): Value
}

const separator = ' '

export function rowKind<Parts extends readonly string[], Value>(
  kind: string,
  read: JsonGuard<Value>,
): RowKind<Parts, Value> {
  const key = (...parts: Parts): string => [kind, ...parts].join(separator)
  return {
    key,
    prefix: (...parts) => [kind, ...parts, ''].join(separator),
    row: (parts, value) => ({ key: key(...parts), value: JSON.stringify(value) }),
    parse: (path, value) => {
      const place = new RowPlace(path)
      return read(parseRow(value, place), place)
    },
  }
}

/** The last part of a key: the tag of a tag's row, the digest of a manifest's. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf(separator) + 1)
}

/** The value of a row where a damaged one counts as none: it is about to be written anew, or others must go on without it. */
export function readOrNothing<Value>(
  kind: Pick<RowKind<never, Value>, 'parse'>,
  key: string,
  value: string,
): Value | undefined {
  try {
    return kind.parse(key, value)
  } catch (error) {
    if (isIbuildError(error, 'STORE_INVALID')) return undefined
    throw error
  }
}

function parseRow(value: string, place: RowPlace): ReturnType<typeof parseJson> {
  try {
    return parseJson(value, place)
  } catch (cause) {
    throw isIbuildError(cause) ? new IbuildError('STORE_INVALID', cause.message, { cause }) : cause
  }
}

/** Made for each row that is read, so it says only when it is asked which one that is. */
class RowPlace implements JsonPlace, JsonLimits {
  readonly code = 'STORE_INVALID'
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  get what(): string {
    return this.path
  }

  get path(): string {
    return `row ${JSON.stringify(this.#key.slice(0, 500))}`
  }
}
