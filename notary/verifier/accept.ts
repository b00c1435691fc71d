import { isIbuildError } from '../../shared/base/errors.ts'
import { fileProblem } from '../tuf/file-meta.ts'
import type { FileMeta, KeyID, Metadata, PublicKey, RoleKeys, RoleName, Signed, UnknownKey } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import type { Judge } from './judge.ts'

/** Who may sign a role. */
export interface Authority {
  readonly role: RoleKeys
  readonly keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>
}

/** A file that is believed. */
export interface Accepted<S extends Signed> {
  readonly metadata: Metadata<S>
  /** Canonical IDs of the keys whose signatures counted. */
  readonly signers: ReadonlySet<KeyID>
}

/** What a file must be to be believed. */
export interface Expectation<S extends Signed> {
  readonly role: RoleName
  readonly read: (bytes: Uint8Array) => Metadata<S>
  readonly authority: Authority
  /** What its parent says of it; undefined for what has none. */
  readonly promised?: FileMeta | undefined
  /** The last file of the role that was trusted. It counts as long as those who may sign now have signed it. */
  readonly last?: Uint8Array | undefined
}

/**
 * Decides whether to believe a file of metadata: what its parent promises, well-formed, signed by enough keys, not older than what was
 * trusted, nothing else under the same version, and not expired (TUF 1.0, 5.4 to 5.6). Errors: TRUST_MISMATCH,
 * TRUST_METADATA_INVALID, TRUST_SIGNATURES, TRUST_ROLLBACK, TRUST_CHANGED, TRUST_EXPIRED; TRUST_CACHE_INVALID for `last`.
 */
export function accept<S extends Signed>(bytes: Uint8Array, expected: Expectation<S>, judge: Judge): Accepted<S> {
  if (expected.promised !== undefined) requirePromised(bytes, { ...expected, promised: expected.promised }, judge)
  const metadata = readFile(bytes, expected, judge)
  const signers = requireSignatures(metadata, expected, judge)
  requireNotOlder(metadata, expected, judge)
  requireInTime(metadata, expected.role, judge)
  return { metadata, signers }
}

/** Before a file is fetched. Errors: TRUST_TOO_LARGE for a promise of more than is ever taken. */
export function requireModest(
  { length }: FileMeta,
  { role, most }: { readonly role: RoleName; readonly most: number },
  judge: Judge,
): void {
  if (length <= most) return
  const problem = `${length} bytes are promised, more than the ${most} that are taken`
  throw judge.refusal('TRUST_TOO_LARGE', { role, step: 'length' }, problem)
}

/** Errors: TRUST_MISMATCH. */
function requirePromised(
  bytes: Uint8Array,
  { role, promised }: { readonly role: RoleName; readonly promised: FileMeta },
  judge: Judge,
): void {
  if (bytes.byteLength !== promised.length) {
    const problem = `it has ${bytes.byteLength} bytes, but ${promised.length} are promised`
    throw judge.refusal('TRUST_MISMATCH', { role, step: 'length' }, problem)
  }
  judge.pass(role, 'length', `${promised.length} bytes, as promised`)
  const problem = fileProblem(bytes, promised)
  if (problem !== undefined)
    throw judge.refusal('TRUST_MISMATCH', { role, step: 'hash' }, `it is not what is promised: ${problem}`)
  judge.pass(role, 'hash', `sha256 ${promised.sha256.toString('hex')}, as promised`)
}

/** Reads a file. Errors: TRUST_METADATA_INVALID. */
export function readFile<S extends Signed>(
  bytes: Uint8Array,
  { role, read }: Pick<Expectation<S>, 'role' | 'read'>,
  judge: Judge,
): Metadata<S> {
  try {
    const metadata = read(bytes)
    judge.pass(role, 'read', `version ${metadata.signed.version}`)
    return metadata
  } catch (cause) {
    if (!isIbuildError(cause)) throw cause
    throw judge.refusal('TRUST_METADATA_INVALID', { role, step: 'read' }, cause.message, { cause })
  }
}

/** The keys that signed. Errors: TRUST_SIGNATURES when they are not enough. */
export function requireSignatures(
  metadata: Metadata,
  { role, authority }: Pick<Expectation<Signed>, 'role' | 'authority'>,
  judge: Judge,
): ReadonlySet<KeyID> {
  const { signers, missing } = verifySignatures(metadata, authority.role, authority.keys)
  const count = `${signers.size} of the ${authority.role.threshold} signatures that it needs`
  if (missing > 0)
    throw judge.refusal('TRUST_SIGNATURES', { role, step: 'signatures' }, `it has ${count}, by keys that may sign it`)
  judge.pass(role, 'signatures', `${count}: ${[...signers].map((id) => id.slice(0, 12)).join(', ')}`)
  return signers
}

/** Errors: TRUST_ROLLBACK, TRUST_CHANGED. */
function requireNotOlder<S extends Signed>(metadata: Metadata<S>, expected: Expectation<S>, judge: Judge): void {
  const { role } = expected
  const { version } = metadata.signed
  const last = lastTrusted(metadata, expected, judge)
  if (last === undefined) return judge.pass(role, 'version', `version ${version}`)
  const known = last.signed.version
  if (version < known)
    throw judge.refusal('TRUST_ROLLBACK', { role, step: 'version' }, `version ${version}, but ${known} was seen before`)
  judge.pass(role, 'version', `version ${version}, ${known} was seen before`)
  if (version > known) return
  if (!metadata.canonical.equals(last.canonical)) {
    const problem = `version ${version} is not what was seen under the same version before`
    throw judge.refusal('TRUST_CHANGED', { role, step: 'content' }, problem)
  }
  judge.pass(role, 'content', 'the same as was seen before')
}

/**
 * The last trusted file, unless those who may sign now have not signed it: after a change of keys what the old ones signed binds
 * nobody, so that owners can start anew below a version that a thief of keys set very high (TUF 1.0, 5.3.11).
 */
function lastTrusted<S extends Signed>(
  current: Metadata<S>,
  { role, read, authority, last }: Expectation<S>,
  judge: Judge,
): Metadata<S> | undefined {
  if (last === undefined) return undefined
  // The same file: it was read, and its signatures were looked at, just now.
  if (current.bytes.equals(last)) return current
  const metadata = readRemembered(last, { role, read }, judge)
  return verifySignatures(metadata, authority.role, authority.keys).missing > 0 ? undefined : metadata
}

/** A file that was trusted before, so it can be read. Errors: TRUST_CACHE_INVALID. */
export function readRemembered<S extends Signed>(
  bytes: Uint8Array,
  { role, read }: Pick<Expectation<S>, 'role' | 'read'>,
  judge: Judge,
): Metadata<S> {
  try {
    return read(bytes)
  } catch (cause) {
    if (!isIbuildError(cause)) throw cause
    const problem = `what is remembered of it cannot be read: ${cause.message}`
    throw judge.refusal('TRUST_CACHE_INVALID', { role, step: 'read' }, problem, { cause })
  }
}

/** Errors: TRUST_EXPIRED. */
export function requireInTime(metadata: Metadata, role: RoleName, judge: Judge): void {
  const until = new Date(metadata.signed.expires).toISOString()
  const isOver = metadata.signed.expires <= judge.now
  if (!isOver) return judge.pass(role, 'expiry', `until ${until}`)
  if (judge.acceptsExpired) return judge.pass(role, 'expiry', `it expired at ${until}, and is to be signed again`)
  const now = new Date(judge.now).toISOString()
  throw judge.refusal('TRUST_EXPIRED', { role, step: 'expiry' }, `it expired at ${until}; here it is ${now}`)
}
