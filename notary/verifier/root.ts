import { certificateProblem, leafOf } from '../tuf/certificate.ts'
import { readRoot } from '../tuf/read-metadata.ts'
import type { BaseRole, Gun, Metadata, PublicKey, Root, UnknownKey } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import { type Accepted, type Authority, readFile, readRemembered, requireSignatures } from './accept.ts'
import type { Judge } from './judge.ts'

const role = 'root'
const asRoot = { role, read: readRoot } as const

/** The keys that a root gives a role. */
export function authorityOf({ signed }: Metadata<Root>, name: BaseRole, gun: Gun): Authority {
  return { role: signed.roles[name], keys: name === 'root' ? rootKeys(signed, gun) : signed.keys }
}

/** Root keys are those in certificates for the collection; others bind no name, and sign nothing (as stock clients have it). */
function rootKeys({ keys }: Root, gun: Gun): Authority['keys'] {
  return new Map([...keys].filter(([, key]) => bindingProblem(key, gun) === undefined))
}

/** Why a key is none for the root of a collection, whatever the time is. */
function bindingProblem(key: PublicKey | UnknownKey, gun: Gun): string | undefined {
  if (key.type !== 'ecdsa-x509' && key.type !== 'rsa-x509') return 'the key has no certificate'
  const leaf = leafOf(key.bytes)
  return certificateProblem(leaf, { gun, now: leaf.validFromDate.getTime() })
}

/** A root that was trusted before. Errors: TRUST_CACHE_INVALID. */
export function rememberedRoot(bytes: Uint8Array, judge: Judge): Accepted<Root> {
  const metadata = readRemembered(bytes, asRoot, judge)
  const { role: keys, keys: known } = authorityOf(metadata, role, judge.gun)
  const { signers, missing } = verifySignatures(metadata, keys, known)
  if (missing > 0) {
    const problem = 'the root that is remembered is not signed by its own keys'
    throw judge.refusal('TRUST_CACHE_INVALID', { role, step: 'signatures' }, problem)
  }
  judge.pass(role, 'read', `version ${metadata.signed.version}, trusted before`)
  return { metadata, signers }
}

/**
 * A root that nothing leads to: signed by its own keys, which are in certificates for the collection. Whether to believe it is a
 * question of pinning. Errors: TRUST_METADATA_INVALID, TRUST_SIGNATURES, TRUST_PIN when no certificate is for the collection.
 */
export function firstRoot(bytes: Uint8Array, judge: Judge): Accepted<Root> {
  const metadata = readFile(bytes, asRoot, judge)
  requireBinding(metadata, judge)
  const signers = requireSignatures(metadata, { role, authority: authorityOf(metadata, role, judge.gun) }, judge)
  return { metadata, signers }
}

/**
 * The root after one that is trusted: its version is the next, and it is signed by enough keys of the one before and of its own
 * (TUF 1.0, 5.3.4 and 5.3.5). It may have expired, as long as there is a newer one. Errors: TRUST_METADATA_INVALID, TRUST_MISMATCH,
 * TRUST_ROOT_CHANGED, TRUST_PIN, TRUST_SIGNATURES.
 */
export function nextRoot(current: Accepted<Root>, bytes: Uint8Array, judge: Judge): Accepted<Root> {
  const metadata = readFile(bytes, asRoot, judge)
  requireVersion(metadata, current.metadata.signed.version + 1, judge)
  requireRotation(metadata, current.metadata, judge)
  requireBinding(metadata, judge)
  const signers = requireSignatures(metadata, { role, authority: authorityOf(metadata, role, judge.gun) }, judge)
  return { metadata, signers }
}

/** Errors: TRUST_MISMATCH for a root with another version than that of the file it is in. */
export function requireVersion({ signed }: Metadata<Root>, version: number, judge: Judge): void {
  if (signed.version !== version) {
    const problem = `the file of version ${version} has version ${signed.version} in it`
    throw judge.refusal('TRUST_MISMATCH', { role, step: 'version' }, problem)
  }
  judge.pass(role, 'version', `version ${version}, as asked for`)
}

function requireRotation(next: Metadata<Root>, current: Metadata<Root>, judge: Judge): void {
  const { role: before, keys } = authorityOf(current, role, judge.gun)
  const { signers, missing } = verifySignatures(next, before, keys)
  const count = `${signers.size} of the ${before.threshold} signatures that it needs by the keys of version ${current.signed.version}`
  if (missing > 0)
    throw judge.refusal('TRUST_ROOT_CHANGED', { role, step: 'rotation' }, `version ${next.signed.version} has ${count}`)
  judge.pass(role, 'rotation', count)
}

function requireBinding({ signed }: Metadata<Root>, judge: Judge): void {
  const problems = signed.roles.root.keyIDs.map((id) => {
    const key = signed.keys.get(id)
    return key === undefined ? 'the key is not there' : bindingProblem(key, judge.gun)
  })
  if (problems.every((problem) => problem !== undefined))
    throw judge.refusal(
      'TRUST_PIN',
      { role, step: 'pinning' },
      `no root key is for this name: ${problems[0] ?? 'there is none'}`,
    )
}
