import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { asObject, asString, type JsonObject, type JsonPlace, placeOf, required } from '../../../shared/base/json.ts'
import { parseGun } from '../../tuf/gun.ts'
import { metadataLimits } from '../../tuf/limits.ts'
import { readMetadata } from '../../tuf/read-metadata.ts'
import { isTargetsRole } from '../../tuf/role.ts'
import { parseStrict } from '../../tuf/strict-json.ts'
import type { Gun, Metadata, RoleName } from '../../tuf/types.ts'
import type { Pending } from './types.ts'

const format = 'ibuild-trust-pending-1'
/** Of a whole file, in bytes. */
export const mostPendingFile = 2 * metadataLimits.bytes
/** Files of metadata in it. */
const mostRoles = 1000

/** The text of a file for what is to be published. */
export function writePending(gun: Gun, files: ReadonlyMap<RoleName, Uint8Array>): string {
  const parts = [...files].map(([role, bytes]) => `${JSON.stringify(role)}:${Buffer.from(bytes).toString('utf8')}`)
  return `{"format":"${format}","gun":${JSON.stringify(gun)},"files":{${parts.join(',')}}}\n`
}

/** Reads such a file. Errors: TRUST_PENDING_INVALID. */
export function readPending(bytes: Uint8Array): Pending {
  try {
    return read(bytes)
  } catch (error) {
    if (!isIbuildError(error, 'METADATA_INVALID', 'GUN_INVALID')) throw error
    throw new IbuildError('TRUST_PENDING_INVALID', error.message, { cause: error })
  }
}

function read(bytes: Uint8Array): Pending {
  const what = 'the file of what is to be published'
  const place: JsonPlace = { code: 'TRUST_PENDING_INVALID', path: what }
  const json = asObject(parseStrict(bytes, { what, maxBytes: mostPendingFile, maxDepth: 72 }), place)
  if (required(json, 'format', place, asString) !== format)
    throw new IbuildError('TRUST_PENDING_INVALID', `${what} is not of the format ${format}`)
  const files = Object.entries(required(json, 'files', place, asObject))
  if (files.length > mostRoles || files.length === 0)
    throw new IbuildError('TRUST_PENDING_INVALID', `${what} has ${files.length} files`)
  const all = files.map(([role, file]) => readFile(role, asObject(file, placeOf(place, role))))
  return { gun: parseGun(required(json, 'gun', place, asString)), files: new Map(all) }
}

function readFile(role: string, file: JsonObject): readonly [RoleName, Metadata] {
  if (role !== 'root' && !isTargetsRole(role))
    throw new IbuildError('TRUST_PENDING_INVALID', `${JSON.stringify(role)} is no role that people sign`)
  return [role, readMetadata(role, Buffer.from(JSON.stringify(file)))]
}
