import { isObject, type JsonValue } from '../../../shared/base/json.ts'
import type { Answer } from './trust-server.ts'

/** What two servers must have alike in an answer. */
export interface Comparable {
  readonly status: number
  /** Errors as they are; of metadata and keys only which members there are. */
  readonly body: JsonValue | undefined
}

/** Leaves out of an answer what differs from one server to the next: headers, keys, hashes, signatures and times. */
export function comparable({ status, body }: Answer): Comparable {
  return { status, body: bodyOf(body.toString()) }
}

function bodyOf(text: string): JsonValue | undefined {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return text.replaceAll(hex, 'HEX')
  }
  return isObject(value) && 'errors' in value ? withoutHex(value) : shapeOf(value)
}

const hex = /(?:[0-9a-f]{64}){1,2}/g
/** The reference takes one of the promised hashes, not always the same, and tells of it. */
const whichHash = /sha(?:256|512) checksum/g

function withoutHex(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value).replaceAll(hex, 'HEX').replaceAll(whichHash, 'checksum')) as JsonValue
}

function shapeOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (!isObject(value)) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.replaceAll(hex, 'HEX'), shapeOf(item)]))
}
