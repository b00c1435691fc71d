import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'
import { at, Mismatch, type Shape } from './shape.ts'

/** A key that need not be there. */
export interface Optional<T> {
  readonly optional: Shape<T>
}

export function optional<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape }
}

/** The shape of each key; of those that may be undefined an optional one. */
export type Fields<T> = {
  readonly [Key in keyof T]-?: undefined extends T[Key] ? Optional<Exclude<T[Key], undefined>> : Shape<T[Key]>
}

type AnyFields = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>

export interface ObjectOptions {
  /** True for what a caller sends: a key that is not known is refused. */
  readonly isClosed?: boolean
}

/** An object with these keys. */
export function object<T extends object>(fields: Fields<T>, { isClosed = false }: ObjectOptions = {}): Shape<T> {
  const known: AnyFields = { ...fields }
  const fieldsAt = placed(known)
  return {
    schema: schemaOf(known, isClosed),
    read(value, path) {
      if (!isObject(value)) throw new Mismatch(path, 'expected an object')
      if (isClosed) refuseOthers(value, known, path)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each key was read by the shape that its type demands
      return readFields(value, fieldsAt(path)) as T
    },
  }
}

function schemaOf(fields: AnyFields, isClosed: boolean): JsonObject {
  const entries = Object.entries(fields)
  const required = entries.flatMap(([key, field]) => ('optional' in field ? [] : [key]))
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([key, field]) => [key, 'optional' in field ? field.optional.schema : field.schema]),
    ),
    ...(required.length > 0 && { required }),
    ...(isClosed && { additionalProperties: false }),
  }
}

/** A field of an object at a place in a document. */
interface PlacedField {
  readonly key: string
  readonly shape: Shape<unknown>
  readonly isOptional: boolean
  readonly path: string
}

/** The fields at a path. Those of the path before are there: line after line has the same. */
function placed(fields: AnyFields): (path: string) => readonly PlacedField[] {
  const entries = Object.entries(fields)
  const allAt = (path: string): readonly PlacedField[] =>
    entries.map(([key, field]) => {
      const isOptional = 'optional' in field
      return { key, shape: isOptional ? field.optional : field, isOptional, path: at(path, key) }
    })
  let [last, found] = ['', allAt('')]
  return (path) => {
    if (path !== last) [last, found] = [path, allAt(path)]
    return found
  }
}

/** For each line of a preview: it is quick. An object that has nothing else, each value as it was read, is given back as it is. */
function readFields(value: JsonObject, fields: readonly PlacedField[]): object {
  const read: unknown[] = []
  let isSame = true
  let count = 0
  for (const { key, shape, isOptional, path } of fields) {
    const one = ownValue(value, key)
    if (one === undefined && !isOptional) throw new Mismatch(path, 'is missing')
    const known = one === undefined ? undefined : shape.read(one, path)
    read.push(known)
    if (known !== one) isSame = false
    if (one !== undefined) count++
  }
  return isSame && Object.keys(value).length === count ? value : gathered(value, fields, read)
}

function gathered(value: JsonObject, fields: readonly PlacedField[], read: readonly unknown[]): object {
  const found: Record<string, unknown> = {}
  for (const [i, { key }] of fields.entries()) if (Object.hasOwn(value, key)) found[key] = read[i]
  return found
}

function ownValue(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

function refuseOthers(value: JsonObject, known: AnyFields, path: string): void {
  const other = Object.keys(value).find((key) => !Object.hasOwn(known, key))
  if (other === undefined) return
  const names = Object.keys(known).join(', ')
  const hint = names === '' ? 'there are no keys here' : `the keys are ${names}`
  throw new Mismatch(path, `there is no key ${JSON.stringify(other.slice(0, 80))}: ${hint}`)
}

/** A shape with a name of its own in the document of the API. */
export interface NamedShape<T> extends Shape<T> {
  readonly name: string
  readonly definition: JsonObject
}

export function named<T>(name: string, shape: Shape<T>): NamedShape<T> {
  const schema = { $ref: `#/components/schemas/${name}` }
  return { name, definition: shape.schema, schema, read: (value, path) => shape.read(value, path) }
}
