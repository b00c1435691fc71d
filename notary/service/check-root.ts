import { certificateProblem, leafOf } from '../tuf/certificate.ts'
import type { Gun, KeyID, PublicKey, Root, UnknownKey } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import { type CheckTerms, checkExpiry } from './check-common.ts'
import { invalidUpdate } from './publish-error.ts'
import type { Upload } from './read-upload.ts'

export interface UploadedRoot extends Upload {
  readonly signed: Root
}

/**
 * Checks a root that is uploaded: the next version, keys of the root in certificates for the collection, signed by enough of the keys
 * before and of its own, not expired. Errors: INVALID_UPDATE.
 */
export function checkRoot(gun: Gun, upload: UploadedRoot, before: Root | undefined, terms: CheckTerms): void {
  const { version } = upload.signed
  const current = before?.version ?? 1
  if (version !== current && version !== current + 1) {
    throw invalidUpdate(
      'ErrBadRoot',
      `Root modifications must increment the version. Current ${current}, new ${version}`,
    )
  }
  const own = certifiedKeys(upload.signed, { gun, now: terms.now })
  if (own.keys.size === 0) {
    throw pathProblem(`unable to retrieve valid leaf certificates (${own.problem ?? 'the root role has no keys'})`)
  }
  if (before !== undefined) checkRotation(gun, upload, before)
  if (verifySignatures(upload, upload.signed.roles.root, own.keys).missing > 0) {
    throw pathProblem('failed to validate integrity of roots')
  }
  checkExpiry(upload, terms)
}

/** The certificates of the root before may be expired by now: it was believed when they were not. */
function checkRotation(gun: Gun, upload: UploadedRoot, before: Root): void {
  const { keys } = certifiedKeys(before, { gun, now: undefined })
  if (keys.size === 0) throw pathProblem('could not retrieve trusted certs from previous root role data')
  if (verifySignatures(upload, before.roles.root, keys).missing === 0) return
  const problem = 'failed to validate data with current trusted certificates'
  throw invalidUpdate('ErrBadRoot', `could not rotate trust to a new trusted root: ${problem}`)
}

interface Certified {
  readonly keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>
  /** Of a key that does not count. */
  readonly problem: string | undefined
}

/** Keys of the root role that count: in a certificate for the collection, which is good at `now` unless that does not matter. */
function certifiedKeys(root: Root, { gun, now }: { readonly gun: Gun; readonly now: number | undefined }): Certified {
  const keys = new Map<KeyID, PublicKey>()
  let problem: string | undefined
  for (const id of root.roles.root.keyIDs) {
    const key = root.keys.get(id)
    const found = key === undefined ? 'is not there' : keyProblem(key, gun, now)
    if (key?.type !== undefined && found === undefined) keys.set(id, key)
    else problem ??= `key ${id.slice(0, 12)}: ${found ?? 'is of an unknown type'}`
  }
  return { keys, problem }
}

function keyProblem(key: PublicKey | UnknownKey, gun: Gun, now: number | undefined): string | undefined {
  if (key.type !== 'ecdsa-x509' && key.type !== 'rsa-x509') return 'is not in a certificate'
  const leaf = leafOf(key.bytes)
  return certificateProblem(leaf, { gun, now: now ?? leaf.validFromDate.getTime() })
}

function pathProblem(reason: string): Error {
  return invalidUpdate('ErrBadRoot', `could not validate the path to a trusted root: ${reason}`)
}
