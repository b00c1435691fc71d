import { isDeepStrictEqual } from 'node:util'
import { isObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts'

/**
 * What a value has that a JSON Schema (2020-12) does not allow, each with its place: as much of the language as the document of the API
 * uses; other words are an error. Keys that no schema speaks of are told, too, where the schema has properties.
 */
export function misfits(value: JsonValue, schema: JsonValue, document: JsonValue, place = ''): readonly string[] {
  if (!isObject(schema)) throw new TypeError(`${place}: no schema`)
  const other = Object.keys(schema).find((key) => !known.has(key))
  if (other !== undefined) throw new TypeError(`${place}: the schema says ${other}`)
  const at = (one: JsonValue, name: string | number, inner: JsonValue | undefined): readonly string[] =>
    misfits(one, inner ?? null, document, `${place}/${name}`)
  return [
    ...(typeof schema['$ref'] === 'string' ? misfits(value, find(document, schema['$ref']), document, place) : []),
    ...plain(value, schema).map((problem) => `${place}: ${problem}`),
    ...anyOf(value, schema, { document, place }),
    ...(Array.isArray(value) ? value.flatMap((one: JsonValue, i) => at(one, i, schema['items'] ?? {})) : []),
    ...(isObject(value) ? keys(value, schema, at) : []),
  ]
}

const known: ReadonlySet<string> = new Set(
  (
    '$ref type properties required additionalProperties propertyNames items enum const anyOf minimum maximum maxLength maxItems ' +
    'pattern description'
  ).split(' '),
)

/** What a reference leads to. */
export function find(document: JsonValue, reference: string): JsonValue {
  let found: JsonValue = document
  for (const name of reference.replace(/^#\//, '').split('/')) {
    const next: JsonValue | undefined = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
    if (next === undefined) throw new TypeError(`${reference} leads to nothing`)
    found = next
  }
  return found
}

function plain(value: JsonValue, schema: JsonObject): readonly string[] {
  const { type, enum: words, const: only, minimum, maximum, maxLength, maxItems, pattern } = schema
  const problems: readonly (readonly [isWrong: boolean, problem: string])[] = [
    [typeof type === 'string' && !isOfType(value, type), `is no ${JSON.stringify(type)}`],
    [Array.isArray(words) && !words.some((one: JsonValue) => one === value), 'is none of the words'],
    [only !== undefined && !isDeepStrictEqual(value, only), 'is another value'],
    [typeof minimum === 'number' && typeof value === 'number' && value < minimum, 'is too small'],
    [typeof maximum === 'number' && typeof value === 'number' && value > maximum, 'is too large'],
    [typeof maxLength === 'number' && typeof value === 'string' && value.length > maxLength, 'is too long'],
    [typeof maxItems === 'number' && Array.isArray(value) && value.length > maxItems, 'has too many elements'],
    [typeof pattern === 'string' && typeof value === 'string' && !new RegExp(pattern, 'u').test(value), 'fits not'],
  ]
  return problems.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []))
}

function isOfType(value: JsonValue, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  return type === 'object' ? isObject(value) : typeof value === type
}

function anyOf(
  value: JsonValue,
  { anyOf: all }: JsonObject,
  { document, place }: { readonly document: JsonValue; readonly place: string },
): readonly string[] {
  if (!Array.isArray(all)) return []
  const tried = all.map((one: JsonValue) => misfits(value, one, document, place))
  return tried.some((problems) => problems.length === 0) ? [] : [`${place}: fits none of ${tried.flat().join('; ')}`]
}

function keys(
  value: JsonObject,
  { properties, required, additionalProperties: others, propertyNames }: JsonObject,
  at: (one: JsonValue, name: string, inner: JsonValue | undefined) => readonly string[],
): readonly string[] {
  const own = isObject(properties) ? properties : undefined
  const missing = (Array.isArray(required) ? required : []).filter((name) => !Object.hasOwn(value, String(name)))
  const inner = Object.entries(value).flatMap(([name, one]) => {
    const schema = own !== undefined && Object.hasOwn(own, name) ? own[name] : undefined
    const names = propertyNames === undefined ? [] : at(name, name, propertyNames)
    if (schema !== undefined) return at(one, name, schema)
    if (isObject(others)) return [...names, ...at(one, name, others)]
    return own === undefined && others !== false ? names : [`there is no key ${name}`]
  })
  return [...missing.map((name) => `${String(name)} is missing`), ...inner]
}
