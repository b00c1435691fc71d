import { isObject, type JsonValue } from '../../shared/base/json.ts'

/**
 * True for JSON that the reference server can decode as some file of metadata, whatever is wrong with it: for anything else it answers
 * that the JSON is malformed, and does not look further.
 */
export function isDecodable(bytes: Uint8Array): boolean {
  const value = parsed(bytes)
  if (!isObject(value)) return false
  const signed = value['signed']
  return (
    isObject(signed) && hasCommon(signed['_type'], signed['version'], signed['expires']) && isList(value['signatures'])
  )
}

function parsed(bytes: Uint8Array): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return value
  } catch {
    return undefined
  }
}

function hasCommon(
  type: JsonValue | undefined,
  version: JsonValue | undefined,
  expires: JsonValue | undefined,
): boolean {
  return (
    (type === undefined || typeof type === 'string') &&
    (version === undefined || Number.isInteger(version)) &&
    (expires === undefined || (typeof expires === 'string' && !Number.isNaN(Date.parse(expires))))
  )
}

function isList(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || Array.isArray(value)
}
