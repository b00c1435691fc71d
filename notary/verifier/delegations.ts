import { inParallel } from '../../shared/base/in-parallel.ts'
import { readSnapshot, readTargets } from '../tuf/read-metadata.ts'
import { parentOf } from '../tuf/role.ts'
import type { Delegation, DelegationName, FileMeta, Metadata, Snapshot, Targets, TargetsRole } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import { type Accepted, type Authority, accept, readRemembered, requireModest } from './accept.ts'
import type { CollectionFiles } from './files.ts'
import type { Judge } from './judge.ts'
import { limits } from './limits.ts'
import { lastOf, type Progress } from './progress.ts'
import { type TrustCode, TrustRefusal } from './refusal.ts'
import type { RememberedContent } from './types.ts'

export interface DelegationsOptions {
  readonly files: CollectionFiles
  readonly remembered: RememberedContent | undefined
  readonly judge: Judge
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly snapshot: Metadata<Snapshot>
  readonly targets: Accepted<Targets>
}

export interface FoundDelegations {
  /** `targets` itself, too. */
  readonly accepted: ReadonlyMap<TargetsRole, Accepted<Targets>>
  readonly unusable: ReadonlyMap<TargetsRole, TrustRefusal>
}

/** A delegation, and who may sign it. */
interface Child {
  readonly role: DelegationName
  readonly authority: Authority
}

/** What may become of a delegation without anybody meaning harm; it is told to those who want something of the role. */
const harmless: ReadonlySet<TrustCode> = new Set<TrustCode>([
  'TRUST_EXPIRED',
  'TRUST_SIGNATURES',
  'TRUST_METADATA_INVALID',
  'TRUST_TOO_LARGE',
])
const filesAtOnce = 6

/**
 * Verifies all delegations that `targets` leads to, level by level; those of a level are fetched side by side. One that is listed
 * must be there as it is promised. Errors: TRUST_MISMATCH, TRUST_ROLLBACK, TRUST_CHANGED, TRUST_ROLE_GONE; TRUST_TOO_LARGE for very
 * many.
 */
export async function collectDelegations(options: DelegationsOptions): Promise<FoundDelegations> {
  const accepted = new Map<TargetsRole, Accepted<Targets>>([['targets', options.targets]])
  const unusable = new Map<TargetsRole, TrustRefusal>()
  const budget = createBudget(options.judge)
  let level: readonly Child[] = childrenOf(options.targets)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.depth)
      throw tooMany(options.judge, level, `more than ${limits.depth} delegations inside each other`)
    requireListed(level, options)
    const listed = level.flatMap((child) => withPromise(child, options.snapshot))
    for (const { role, promised } of listed) budget(role, promised)
    const found = await inParallel(listed, { atOnce: filesAtOnce, signal: options.signal }, (each) =>
      verifyOne(each, options),
    )
    for (const [i, { role }] of listed.entries()) {
      const result = found[i]
      if (result instanceof TrustRefusal) unusable.set(role, result)
      else if (result !== undefined) accepted.set(role, result)
    }
    level = listed.flatMap(({ role }) => childrenOf(accepted.get(role)))
  }
  return { accepted, unusable }
}

function childrenOf(parent: Accepted<Targets> | undefined): Child[] {
  if (parent === undefined) return []
  const { keys, roles } = parent.metadata.signed.delegations
  return roles.map((delegation: Delegation) => ({ role: delegation.name, authority: { role: delegation, keys } }))
}

type Listed = Child & { readonly promised: FileMeta }

/** Nothing for a role that nobody signed for so far. */
function withPromise(child: Child, snapshot: Metadata<Snapshot>): Listed[] {
  const promised = snapshot.signed.meta.get(child.role)
  return promised === undefined ? [] : [{ ...child, promised }]
}

/** Files and bytes are counted before any is fetched. */
function createBudget(judge: Judge): (role: DelegationName, promised: FileMeta) => void {
  let [files, bytes] = [0, 0]
  return (role, { length }) => {
    files += 1
    bytes += Math.min(length, limits.targets + 1)
    const most = `more than ${limits.files} delegations, or ${limits.delegations} bytes of them`
    if (files > limits.files || bytes > limits.delegations)
      throw judge.refusal('TRUST_TOO_LARGE', { role, step: 'fetch' }, most)
  }
}

function tooMany(judge: Judge, [child]: readonly Child[], problem: string): TrustRefusal {
  return judge.refusal('TRUST_TOO_LARGE', { role: child?.role ?? 'targets', step: 'fetch' }, problem)
}

async function verifyOne(
  { role, authority, promised }: Listed,
  { files, remembered, judge, progress }: DelegationsOptions,
): Promise<Accepted<Targets> | TrustRefusal> {
  try {
    requireModest(promised, { role, most: limits.targets }, judge)
    const bytes = await files.promised(role, promised)
    const read = (file: Uint8Array): Metadata<Targets> => readTargets(file, role)
    const found = accept(bytes, { role, read, authority, promised, last: lastOf(remembered, role) }, judge)
    progress.files.set(role, found.metadata.bytes)
    return found
  } catch (error) {
    if (error instanceof TrustRefusal && harmless.has(error.code)) return error
    throw error
  }
}

/**
 * A role that was listed, that its parent still delegates to, and of which the last file is still signed as it should be, cannot be
 * missing: who holds the keys of snapshot and timestamp alone would take away what others signed. Errors: TRUST_ROLE_GONE.
 */
function requireListed(level: readonly Child[], { snapshot, remembered, judge }: DelegationsOptions): void {
  const before = remembered?.collection.get('snapshot')
  if (before === undefined || snapshot.bytes.equals(before)) return
  const known = readRemembered(before, { role: 'snapshot', read: readSnapshot }, judge).signed.meta
  for (const { role, authority } of level) {
    if (snapshot.signed.meta.has(role) || !known.has(role)) continue
    const last = lastOf(remembered, role)
    if (last === undefined) continue
    const file = readRemembered(last, { role, read: (bytes) => readTargets(bytes, role) }, judge)
    if (verifySignatures(file, authority.role, authority.keys).missing > 0) continue
    const problem = `the snapshot lists it no more, though ${parentOf(role)} still delegates to it`
    throw judge.refusal('TRUST_ROLE_GONE', { role, step: 'listed' }, problem)
  }
}
