import { createHash } from 'node:crypto'
import { isIbuildError } from '../../shared/base/errors.ts'
import { readMetadata, readTargets } from '../tuf/read-metadata.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { Metadata, RoleName } from '../tuf/types.ts'
import { isDecodable } from './decodable.ts'
import { invalidUpdate, refused, type ValidationName } from './publish-error.ts'
import type { ServiceLimits } from './types.ts'

/** A file that a client sends: well-formed, and nothing more. */
export interface Upload {
  readonly role: RoleName
  readonly metadata: Metadata
  /** Hex, of the bytes as they came. */
  readonly sha256: string
  readonly sha512: string
}

/**
 * Reads what a client sends. A timestamp is passed over: the server makes its own. Errors: TOO_LARGE, MALFORMED_JSON, INVALID_UPDATE for
 * metadata that is no metadata of its role.
 */
export function readUploads(
  files: ReadonlyMap<RoleName, Uint8Array>,
  limits: ServiceLimits,
): ReadonlyMap<RoleName, Upload> {
  if (files.size > limits.files) throw refused('TOO_LARGE', `${files.size} files at once, more than ${limits.files}`)
  const uploads = new Map<RoleName, Upload>()
  for (const [role, bytes] of files) {
    if (bytes.byteLength > limits.fileBytes) {
      throw refused('TOO_LARGE', `${role}.json: ${bytes.byteLength} bytes, more than ${limits.fileBytes}`)
    }
    const metadata = readUpload(role, bytes, limits)
    if (role !== 'timestamp') uploads.set(role, { role, metadata, ...hashesOf(bytes) })
  }
  return uploads
}

/** Hex. */
export function hashesOf(bytes: Uint8Array): { readonly sha256: string; readonly sha512: string } {
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sha512: createHash('sha512').update(bytes).digest('hex'),
  }
}

function readUpload(role: RoleName, bytes: Uint8Array, limits: ServiceLimits): Metadata {
  try {
    return isTargetsRole(role) ? readList(role, bytes, limits) : readMetadata(role, bytes)
  } catch (error) {
    if (!isIbuildError(error, 'METADATA_INVALID')) throw error
    if (!isDecodable(bytes)) throw refused('MALFORMED_JSON', error.message)
    throw invalidUpdate(validationNameOf(role), error.message)
  }
}

function readList(role: Parameters<typeof readTargets>[1], bytes: Uint8Array, limits: ServiceLimits): Metadata {
  const metadata = readTargets(bytes, role)
  const { size } = metadata.signed.targets
  if (size <= limits.targets) return metadata
  throw invalidUpdate('ErrBadTargets', `${role} lists ${size} targets, more than ${limits.targets}`)
}

/** What clients call a fault in a file of that role. */
export function validationNameOf(role: RoleName): ValidationName {
  if (role === 'root') return 'ErrBadRoot'
  if (role === 'snapshot') return 'ErrBadSnapshot'
  return role === 'timestamp' ? 'ErrValidation' : 'ErrBadTargets'
}
