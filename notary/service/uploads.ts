import { collectionLimits } from '../tuf/limits.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { RoleName } from '../tuf/types.ts'
import { isDecodable } from './decodable.ts'
import { invalidUpdate, refused, type ValidationName } from './publish-error.ts'
import type { Upload } from './read-upload.ts'
import type { ServiceLimits } from './types.ts'
import type { UploadReader } from './upload-reader.ts'

/** Bytes of files that are small in every collection. */
const mostBytes: Partial<Readonly<Record<RoleName, number>>> = {
  root: collectionLimits.root,
  snapshot: collectionLimits.snapshot,
  timestamp: collectionLimits.timestamp,
}
const { depth: mostDepth } = collectionLimits

/** Bytes that all signatures of an upload are over, together: others wait while they are looked at. */
const mostSigned = 512 * 1024 * 1024

/**
 * Reads what a client sends. A timestamp is passed over: the server makes its own. Errors: TOO_LARGE, MALFORMED_JSON, INVALID_UPDATE for
 * metadata that is no metadata of its role.
 */
export async function readUploads(
  files: ReadonlyMap<RoleName, Uint8Array>,
  limits: ServiceLimits,
  reader: UploadReader,
): Promise<ReadonlyMap<RoleName, Upload>> {
  checkSizes(files, limits)
  const uploads = new Map<RoleName, Upload>()
  let signed = 0
  for (const [role, bytes] of files) {
    if (role === 'timestamp') {
      if (!isDecodable(bytes)) throw refused('MALFORMED_JSON', 'timestamp.json: not JSON of a timestamp')
      continue
    }
    const upload = await readOne(role, bytes, limits, reader)
    uploads.set(role, upload)
    signed += upload.signatures.length * upload.canonical.byteLength
    if (signed > mostSigned)
      throw refused('TOO_LARGE', `too many signatures of so much at once, up to those of ${role}`)
  }
  return uploads
}

function checkSizes(files: ReadonlyMap<RoleName, Uint8Array>, limits: ServiceLimits): void {
  if (files.size > limits.files) throw refused('TOO_LARGE', `${files.size} files at once, more than ${limits.files}`)
  for (const [role, { byteLength }] of files) {
    const most = Math.min(limits.fileBytes, mostBytes[role] ?? limits.fileBytes)
    if (byteLength > most) throw refused('TOO_LARGE', `${role}.json: ${byteLength} bytes, more than ${most}`)
    if (role.split('/').length > mostDepth + 1) {
      throw invalidUpdate('ErrBadTargets', `${role} is more than ${mostDepth} delegations deep`)
    }
  }
}

async function readOne(
  role: RoleName,
  bytes: Uint8Array,
  limits: ServiceLimits,
  reader: UploadReader,
): Promise<Upload> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = await reader.read(role, buffer, limits.targets)
  if (!('problem' in read)) return read
  const { problem, isJson } = read
  throw isJson ? invalidUpdate(validationNameOf(role), problem) : refused('MALFORMED_JSON', problem)
}

/** What clients call a fault in a file of that role. */
export function validationNameOf(role: RoleName): ValidationName {
  if (role === 'root') return 'ErrBadRoot'
  if (role === 'snapshot') return 'ErrBadSnapshot'
  return isTargetsRole(role) ? 'ErrBadTargets' : 'ErrValidation'
}
