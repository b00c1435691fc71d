import { asArray, asInteger, asObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts'
import { metadataPlace } from '../fields.ts'

const place = metadataPlace('what the test made')

/** A value that the test knows to be an object. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  return asObject(value ?? null, place)
}

/** A value that the test knows to be an array. */
export function arrayOf(value: JsonValue | undefined): readonly JsonValue[] {
  return asArray(value ?? null, place)
}

/** A value that the test knows to be an integer. */
export function numberOf(value: JsonValue | undefined): number {
  return asInteger(value ?? null, place)
}
