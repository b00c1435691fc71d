import { isSameFile } from '../tuf/file-meta.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { FileMeta, RoleName, Root, Snapshot } from '../tuf/types.ts'
import { type CheckTerms, checkExpiry, checkSignatures } from './check-common.ts'
import { invalidUpdate } from './publish-error.ts'
import type { Upload } from './read-upload.ts'

export interface UploadedSnapshot extends Upload {
  readonly signed: Snapshot
}

/** What is promised of a file that will be current. */
export type FindMeta = (role: RoleName) => FileMeta | undefined

/**
 * Checks a snapshot that is uploaded: each file it lists must be the one that will be current, and each that is uploaded with it must
 * be listed. Errors: INVALID_UPDATE.
 */
export function checkSnapshot(
  upload: UploadedSnapshot,
  { root, find, uploaded }: { readonly root: Root; readonly find: FindMeta; readonly uploaded: Iterable<RoleName> },
  terms: CheckTerms,
): void {
  checkSignatures(upload, { role: root.roles.snapshot, keys: root.keys })
  checkExpiry(upload, terms)
  const { meta } = upload.signed
  for (const role of uploaded) {
    if (role !== 'root' && !isTargetsRole(role)) continue
    if (!meta.has(role)) throw bad(`no checksums for supported algorithms were provided for ${role}`)
  }
  for (const [role, promised] of meta) checkPromise(role, promised, find(role))
}

function checkPromise(role: RoleName, promised: FileMeta, actual: FileMeta | undefined): void {
  if (actual === undefined) throw bad(`${role} is listed, but it is neither stored nor in the update`)
  if (isSameFile(promised, actual)) return
  if (promised.length !== actual.length && promised.sha256.equals(actual.sha256)) {
    throw bad(`${role} has ${actual.length} bytes, not ${promised.length}`)
  }
  throw bad(`sha256 checksum for ${role} did not match: expected ${promised.sha256.toString('hex')}`)
}

function bad(message: string): Error {
  return invalidUpdate('ErrBadSnapshot', message)
}
