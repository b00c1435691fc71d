import { createHash } from 'node:crypto'
import { parseRole } from '../../tuf/role.ts'
import type { NewFile } from '../types.ts'

/** A file as a store takes it, whatever is in it. */
export function newFile(role: string, version: number, text = `{"${role}":${version}}`, expires = 0): NewFile {
  const bytes = Buffer.from(text)
  const hex = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex')
  return { role: parseRole(role), version, bytes, sha256: hex('sha256'), sha512: hex('sha512'), expires }
}
