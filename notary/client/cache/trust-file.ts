import { createHash } from 'node:crypto'
import { isIbuildError } from '../../../shared/base/errors.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  parseJson,
  required,
} from '../../../shared/base/json.ts'
import { isRole } from '../../tuf/role.ts'
import type { Gun, RoleName } from '../../tuf/types.ts'
import type { RememberedContent } from '../../verifier/types.ts'

/** What a file has, beside when it was confirmed. */
export type TrustFileContent = Omit<RememberedContent, 'confirmedAt'>

/** Other numbers are of other versions of the program. */
const format = 1
const kinds = ['root', 'collection', 'floor'] as const
const mostParts = 10_000
const mostHead = 4 * 1024 * 1024

interface Part {
  readonly role: RoleName
  readonly kind: (typeof kinds)[number]
  readonly length: number
}

/**
 * One file for all of a collection: a line with the SHA-256 of what follows, a line of JSON that says what the parts are, and the
 * parts as they came from the server, one behind the other.
 */
export function writeTrustFile(gun: Gun, { root, anchor, collection, floors }: TrustFileContent): Buffer {
  const parts: [RoleName, Part['kind'], Uint8Array][] = [
    ['root', 'root', root],
    ...Array.from(collection, ([role, bytes]): [RoleName, Part['kind'], Uint8Array] => [role, 'collection', bytes]),
    ...Array.from(floors, ([role, bytes]): [RoleName, Part['kind'], Uint8Array] => [role, 'floor', bytes]),
  ]
  const list = parts.map(([role, kind, { length }]) => ({ role, kind, length }))
  const head = `${JSON.stringify({ format, gun, anchor, parts: list })}\n`
  const body = Buffer.concat([Buffer.from(head), ...parts.map(([, , bytes]) => bytes)])
  return Buffer.concat([Buffer.from(`${sha256(body)}\n`), body])
}

/** Reads such a file; text that says what is wrong for one that is damaged, or of another collection. */
export function readTrustFile(gun: Gun, file: Buffer): TrustFileContent | string {
  const body = file.subarray(digestLine)
  if (file.subarray(0, digestLine).toString('latin1') !== `${sha256(body)}\n`) return 'it is damaged'
  const end = body.indexOf('\n')
  try {
    const head = readHead(parseJson(body.subarray(0, end), { what: 'its head', maxBytes: mostHead }))
    if (head.gun !== gun) return `it is of ${JSON.stringify(head.gun.slice(0, 300))}`
    return gather(head, body.subarray(end + 1))
  } catch (error) {
    if (!isIbuildError(error)) throw error
    return error.message
  }
}

/** 64 hex digits and the end of the line. */
const digestLine = 65

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

interface Head {
  readonly gun: string
  readonly anchor: string
  readonly parts: readonly Part[]
}

const place: JsonPlace = { code: 'TRUST_CACHE_INVALID', path: 'its head' }

function readHead(value: JsonValue): Head {
  const object: JsonObject = asObject(value, place)
  const found = required(object, 'format', place, asInteger)
  if (found !== format) failAt(place, `the format is ${found}, of another version of ibuild`)
  return {
    gun: required(object, 'gun', place, asString),
    anchor: required(object, 'anchor', place, asString),
    parts: required(object, 'parts', place, arrayOf(readPart, mostParts)),
  }
}

function readPart(value: JsonValue, at: JsonPlace): Part {
  const object = asObject(value, at)
  const role = required(object, 'role', at, asString)
  const name = required(object, 'kind', at, asString)
  const kind = kinds.find((each) => each === name)
  if (!isRole(role) || kind === undefined) return failAt(at, 'is no part that is known')
  return { role, kind, length: required(object, 'length', at, asInteger) }
}

function gather({ anchor, parts }: Head, bytes: Buffer): TrustFileContent {
  const found = {
    root: new Map<RoleName, Buffer>(),
    collection: new Map<RoleName, Buffer>(),
    floor: new Map<RoleName, Buffer>(),
  }
  let at = 0
  for (const { role, kind, length } of parts) {
    found[kind].set(role, bytes.subarray(at, at + length))
    at += length
  }
  const root = found.root.get('root')
  if (at !== bytes.length || root === undefined) return failAt(place, 'does not fit what follows')
  return { root, anchor, collection: found.collection, floors: found.floor }
}
