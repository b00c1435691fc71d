import { type Digest, isDigest } from '../base/digest.ts'
import {
  asInteger,
  asObject,
  asString,
  asStringMap,
  failAt,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  orderKeys,
  required,
  sortKeys,
} from '../base/json.ts'
import { definedMembers, optionalMembers, withoutNulls } from './members.ts'
import { type Platform, parsePlatformJson } from './platform.ts'

/** Points at content (OCI image-spec, descriptor.md). Members that are not named here are kept as they were read. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly urls?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  /** The content itself, base64. */
  readonly data?: string
  readonly artifactType?: string
  readonly platform?: Platform
}

const mediaTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

/** Reads a descriptor; the error has the code and path of `place`. */
export function parseDescriptor(value: JsonValue, place: JsonPlace): Descriptor {
  const object = asObject(value, place)
  return {
    ...withoutNulls(object),
    mediaType: required(object, 'mediaType', place, asMediaType),
    digest: required(object, 'digest', place, asDigest),
    size: required(object, 'size', place, asSize),
    ...optionalMembers(object, place, { string: ['data', 'artifactType'], strings: ['urls'] }),
    ...definedMembers({
      annotations: optional(object, 'annotations', place, asStringMap),
      platform: optional(object, 'platform', place, parsePlatformJson),
    }),
  }
}

/** Guard for a digest. */
export function asDigest(value: JsonValue, place: JsonPlace): Digest {
  const text = asString(value, place)
  return isDigest(text) ? text : failAt(place, `not a digest: ${JSON.stringify(text.slice(0, 160))}`)
}

/** Guard for a media type (RFC 6838). */
export function asMediaType(value: JsonValue, place: JsonPlace): string {
  const text = asString(value, place)
  return mediaTypePattern.test(text) ? text : failAt(place, `not a media type: ${JSON.stringify(text.slice(0, 160))}`)
}

function asSize(value: JsonValue, place: JsonPlace): number {
  const size = asInteger(value, place)
  return size >= 0 ? size : failAt(place, `a size below zero: ${size}`)
}

const members = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType']

/** The descriptor with its members in the order that Go tools write them. */
export function orderDescriptor(descriptor: Descriptor): JsonObject {
  const { annotations } = descriptor
  const sorted = annotations === undefined ? {} : { annotations: sortKeys(annotations) }
  return orderKeys({ ...descriptor, ...sorted }, members)
}
