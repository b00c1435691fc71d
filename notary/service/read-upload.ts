import { createHash } from 'node:crypto'
import { isIbuildError } from '../../shared/base/errors.ts'
import { readMetadata, readTargets } from '../tuf/read-metadata.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { Metadata, RoleName, Root, Snapshot, Targets } from '../tuf/types.ts'
import { isDecodable } from './decodable.ts'

/** Of a role that lists targets only what a publish must know: not the targets. */
export type UploadedTargets = Omit<Targets, 'targets'>

/** A file that a client sends: well-formed, and nothing more. */
export interface Upload extends Pick<Metadata, 'bytes' | 'canonical' | 'signatures'> {
  readonly role: RoleName
  readonly signed: Root | Snapshot | UploadedTargets
  /** Hex, of the bytes as they came. */
  readonly sha256: string
  readonly sha512: string
}

/** Why a file is none: no JSON that the reference server could decode, or no metadata of its role. */
export interface Unreadable {
  readonly problem: string
  readonly isJson: boolean
}

/**
 * Reads a file of a role, other than a timestamp, that lists at most so many targets. What it is refused for is a value, which can be
 * told by another thread.
 */
export function readUpload(role: RoleName, bytes: Buffer, mostTargets: number): Upload | Unreadable {
  try {
    const { canonical, signatures, signed } = isTargetsRole(role)
      ? readList(readTargets(bytes, role), mostTargets)
      : readMetadata(role, bytes)
    if (signed.type === 'Timestamp') throw new Error('timestamps are not read')
    return { role, bytes, canonical, signatures, signed, ...hashesOf(bytes) }
  } catch (error) {
    if (error instanceof TooManyTargets) return { problem: `${role} lists ${error.message}`, isJson: true }
    if (!isIbuildError(error, 'METADATA_INVALID')) throw error
    return { problem: error.message, isJson: isDecodable(bytes) }
  }
}

/** Hex. */
export function hashesOf(bytes: Uint8Array): { readonly sha256: string; readonly sha512: string } {
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sha512: createHash('sha512').update(bytes).digest('hex'),
  }
}

class TooManyTargets extends Error {}

function readList(
  { canonical, signatures, signed }: Metadata<Targets>,
  most: number,
): Pick<Upload, 'canonical' | 'signatures' | 'signed'> {
  const { targets, ...others } = signed
  if (targets.size > most) throw new TooManyTargets(`${targets.size} targets, more than ${most}`)
  return { canonical, signatures, signed: others }
}
