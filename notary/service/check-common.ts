import type { KeyID, PublicKey, RoleKeys, UnknownKey } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import { invalidUpdate } from './publish-error.ts'
import type { Upload } from './read-upload.ts'
import { isSignedAsWritten } from './signed-as-written.ts'
import type { ServiceLimits } from './types.ts'
import { validationNameOf } from './uploads.ts'

/** What uploads are held against beside what is stored. */
export interface CheckTerms {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly limits: Pick<ServiceLimits, 'lifetime' | 'versionStep'>
}

export interface Signers {
  readonly role: RoleKeys
  readonly keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>
}

/** INVALID_UPDATE unless enough of those who may have signed. */
export function checkSignatures(upload: Upload, { role: roleKeys, keys }: Signers): void {
  const { role } = upload
  const name = validationNameOf(role)
  if (upload.signatures.length === 0) throw invalidUpdate(name, 'tuf: data has no signatures')
  const { missing } = verifySignatures(upload, roleKeys, keys)
  if (missing === 0) return
  const reason = isSignedAsWritten(upload, roleKeys, keys) ? notCanonical : ''
  throw invalidUpdate(name, `valid signatures did not meet threshold for ${role}${reason}`)
}

const notCanonical =
  ': what was signed is not canonical JSON. Custom data of targets must have its names in order, each once, and integers and texts without needless escapes'

/** INVALID_UPDATE for what is expired, or good for so long that nobody could ever take it back. */
export function checkExpiry({ role, signed }: Upload, { now, limits }: CheckTerms): void {
  const name = validationNameOf(role)
  if (signed.expires < now) throw invalidUpdate(name, `${role} expired at ${momentText(signed.expires)}`)
  if (signed.expires <= now + limits.lifetime) return
  const days = Math.floor(limits.lifetime / (24 * 60 * 60 * 1000))
  throw invalidUpdate(name, `${role} expires at ${momentText(signed.expires)}, more than ${days} days from now`)
}

/** `Wed Oct 3 12:00:00 UTC 2018`, as the reference server writes times in messages. */
function momentText(at: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(at).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${Number(date)} ${time} UTC ${year}`
}
