import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'
import type { Within } from '../run/types.ts'
import type { Scope } from './access.ts'
import { type Fields, object } from './object-shape.ts'
import type { Shape } from './shape.ts'
import type { GcSource } from './types.ts'

/** One operation of the API, as it is routed and as it is documented. */
export interface Endpoint {
  /** Names it in the document. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Behind `/api/gc/v1/{source}`, or `/api` for those of Sherdock. One part may stand for something: `{id}`. */
  readonly path: string
  readonly about: string
  readonly scope: Scope
  /** True where whoever may see some repositories alone is answered, of these. */
  readonly isForDelegates: boolean
  readonly query: Shape<object>
  readonly body: BodyShape | undefined
  readonly answer: Shape<unknown>
  /** True for an answer of lines, each such a document. */
  readonly isLines: boolean
  /** Statuses that it may answer with besides those that all may. */
  readonly errors: readonly number[]
  /** What it answers; of lines their text. Errors: Mismatch for query and body; those of the service. */
  run(asked: RawAsked): Promise<unknown> | AsyncIterable<string | Uint8Array>
}

export interface BodyShape {
  readonly shape: Shape<unknown>
  readonly isOptional: boolean
  /** True where the text of a policy may come as it is, as YAML. */
  readonly isPolicy: boolean
}

interface Asking {
  readonly at: GcSource
  /** The part of the path that stands for something. */
  readonly name: string
  readonly by: string
  /** Undefined: all repositories. */
  readonly within: Within | undefined
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal
}

export interface RawAsked extends Asking {
  readonly query: JsonObject
  /** An empty object where nothing came. */
  readonly body: JsonValue
}

export interface Asked<Query, Body> extends Asking {
  readonly query: Query
  readonly body: Body
}

interface Row<Query, Body, T> extends Pick<Endpoint, 'id' | 'method' | 'path' | 'about' | 'scope'> {
  readonly isForDelegates?: boolean
  readonly query?: Fields<Query>
  readonly body?: Shape<Body>
  readonly isBodyOptional?: boolean
  readonly isPolicy?: boolean
  readonly answer: Shape<T>
  readonly errors?: readonly number[]
}

/** An operation that answers with one document. */
export function endpoint<T, Query extends object = object, Body = unknown>(
  row: Row<Query, Body, T> & { readonly run: (asked: Asked<Query, Body>) => Promise<T> },
): Endpoint {
  const read = readerOf(row)
  return { ...common(row), isLines: false, run: async (asked) => row.run(read(asked)) }
}

/** An operation that answers with lines of JSON, as they come. */
export function lines<T, Query extends object = object, Body = unknown>(
  row: Row<Query, Body, T> & { readonly run: (asked: Asked<Query, Body>) => AsyncIterable<T> },
): Endpoint {
  return texts({ ...row, run: (asked) => eachText(row.run(asked)) })
}

/** The same of one that has their text. */
export function texts<T, Query extends object = object, Body = unknown>(
  row: Row<Query, Body, T> & { readonly run: (asked: Asked<Query, Body>) => AsyncIterable<string | Uint8Array> },
): Endpoint {
  const read = readerOf(row)
  return { ...common(row), isLines: true, run: (asked) => row.run(read(asked)) }
}

async function* eachText(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`
}

type Read<Query, Body> = (asked: RawAsked) => Asked<Query, Body>

function readerOf<Query extends object, Body, T>(row: Row<Query, Body, T>): Read<Query, Body> {
  const query = queryShape(row)
  return (asked) => ({
    ...asked,
    query: query.read(numbered(asked.query, query), 'query'),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without a shape nobody looks at it
    body: row.body === undefined ? (undefined as Body) : row.body.read(asked.body, ''),
  })
}

function queryShape<Query extends object>({ query }: Pick<Row<Query, unknown, unknown>, 'query'>): Shape<Query> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without fields there are no keys
  return object<Query>(query ?? ({} as Fields<Query>), { isClosed: true })
}

/** Digits are a number where one is wanted. */
function numbered(query: JsonObject, { schema }: Shape<unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const isDigits = typeof value === 'string' && /^\d{1,15}$/.test(value)
      return [name, isDigits && wantsNumber(schema, name) ? Number(value) : value]
    }),
  )
}

function wantsNumber({ properties = null }: JsonObject, name: string): boolean {
  const property = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
  return property !== undefined && isObject(property) && property['type'] === 'integer'
}

function common<Query extends object, Body, T>(row: Row<Query, Body, T>): Omit<Endpoint, 'isLines' | 'run'> {
  const { id, method, path, about, scope, answer, errors = [], isForDelegates = false } = row
  const { body: shape, isBodyOptional: isOptional = false, isPolicy = false } = row
  const body = shape && { shape, isOptional, isPolicy }
  return { id, method, path, about, scope, answer, errors, isForDelegates, query: queryShape(row), body }
}
