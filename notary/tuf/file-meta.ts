import { createHash, timingSafeEqual } from 'node:crypto'
import {
  asObject,
  failAt,
  isObject,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  placeOf,
} from '../../shared/base/json.ts'
import { fromBase64, known } from './fields.ts'
import type { FileMeta } from './types.ts'

/** What a parent promises of these bytes. */
export function fileMetaOf(bytes: Uint8Array): FileMeta {
  return { length: bytes.byteLength, sha256: hash('sha256', bytes), sha512: hash('sha512', bytes) }
}

/** Why bytes are not what was promised; undefined when they are. A promise of a sha512 is looked at as well. */
export function fileProblem(bytes: Uint8Array, meta: FileMeta): string | undefined {
  if (bytes.byteLength !== meta.length) return `${bytes.byteLength} bytes, not ${meta.length}`
  if (!timingSafeEqual(hash('sha256', bytes), meta.sha256)) return 'the sha256 is another one'
  const isOther = meta.sha512 !== undefined && !timingSafeEqual(hash('sha512', bytes), meta.sha512)
  return isOther ? 'the sha512 is another one' : undefined
}

/** True when both promise the same content. A sha512 that only one of them has makes no difference. */
export function isSameFile(a: FileMeta, b: FileMeta): boolean {
  const isOther = a.sha512 !== undefined && b.sha512 !== undefined && !a.sha512.equals(b.sha512)
  return a.length === b.length && a.sha256.equals(b.sha256) && !isOther
}

/** As it stands in metadata. */
export function fileMetaJson(meta: FileMeta): JsonObject {
  const sha512 = meta.sha512 === undefined ? {} : { sha512: meta.sha512.toString('base64') }
  return { hashes: { sha256: meta.sha256.toString('base64'), ...sha512 }, length: meta.length }
}

/** Reads what a parent promises of a file. A whole sha256 must be there; hashes that are not known are passed over. */
export function readFileMeta(value: JsonValue, place: JsonPlace): FileMeta {
  const object = known(asObject(value, place), fileFields, place)
  const { hashes, length } = object
  if (!isObject(hashes)) return failAt(placeOf(place, 'hashes'), 'expected an object')
  if (typeof length !== 'number' || length < 0) return failAt(placeOf(place, 'length'), 'expected a number of bytes')
  const sha256 = readHash(hashes, 'sha256', 32, place) ?? failAt(placeOf(place, 'hashes'), 'sha256 is missing')
  return { length, sha256, sha512: readHash(hashes, 'sha512', 64, place) }
}

const fileFields = ['hashes', 'length', 'custom']

function readHash(hashes: JsonObject, name: string, size: number, place: JsonPlace): Buffer | undefined {
  const value = hashes[name]
  if (value === undefined) return undefined
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined
  if (bytes?.length === size) return bytes
  return failAt(placeOf(placeOf(place, 'hashes'), name), `expected ${size} bytes in base64`)
}

function hash(algorithm: 'sha256' | 'sha512', bytes: Uint8Array): Buffer {
  return createHash(algorithm).update(bytes).digest()
}
