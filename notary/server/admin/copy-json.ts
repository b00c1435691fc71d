import {
  arrayOf,
  asObject,
  asString,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  recordOf,
  required,
} from '../../../shared/base/json.ts'
import { base64Bytes } from '../../tuf/fields.ts'
import { parseGun } from '../../tuf/gun.ts'
import { parseRole } from '../../tuf/role.ts'
import type { Gun } from '../../tuf/types.ts'
import type { CollectionCopy } from '../../verifier/copy-collection.ts'

type Files = Pick<CollectionCopy, 'roots' | 'files'>

/** A copy of a collection as it goes over the admin API: files in base64, because bytes count. */
export function copyJson(gun: Gun, { roots, files }: Files): JsonObject {
  return {
    gun,
    roots: roots.map(textOf),
    files: Object.fromEntries([...files].map(([role, bytes]) => [role, textOf(bytes)])),
  }
}

/** Errors: SERVER_FAILED, GUN_INVALID, ROLE_INVALID. */
export function readCopyJson(value: JsonValue): { readonly gun: Gun; readonly copy: Files } {
  const object = asObject(value, place)
  const files = required(object, 'files', place, recordOf(base64Bytes))
  return {
    gun: parseGun(required(object, 'gun', place, asString)),
    copy: {
      roots: required(object, 'roots', place, arrayOf(base64Bytes)),
      files: new Map(Object.entries(files).map(([role, bytes]) => [parseRole(role), bytes])),
    },
  }
}

const place: JsonPlace = { code: 'SERVER_FAILED', path: 'admin call' }

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
