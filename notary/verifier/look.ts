import { fileProblem } from '../tuf/file-meta.ts'
import { readRoot, readSnapshot, readTargets, readTimestamp } from '../tuf/read-metadata.ts'
import type { KeyID, RoleName, Root, Snapshot, Targets, TargetsRole } from '../tuf/types.ts'
import { type Accepted, accept, requireInTime, requireModest } from './accept.ts'
import { collectDelegations } from './delegations.ts'
import type { CollectionFiles } from './files.ts'
import type { Judge } from './judge.ts'
import { limits } from './limits.ts'
import type { PinRule } from './pinning.ts'
import { lastOf, type Progress } from './progress.ts'
import { authorityOf } from './root.ts'
import { followRoots, meetRoot, rememberRoot } from './root-chain.ts'
import type { RememberedContent, TrustedCollection } from './types.ts'

export interface LookOptions {
  readonly files: CollectionFiles
  readonly remembered: RememberedContent | undefined
  readonly rule: PinRule
  readonly judge: Judge
  readonly signal: AbortSignal
  /** Gets each file once it was verified, and what the first root was held against. */
  readonly progress: Progress
}

/** What a collection is, beside when a server said so. */
export type SeenCollection = Omit<TrustedCollection, 'isFresh' | 'confirmedAt'>

/**
 * Verifies a whole collection, as TUF 1.0, 5.2 to 5.6, has it: roots, timestamp, snapshot, targets, delegations. What is remembered
 * is the least that must be shown. Errors: `TRUST_*`; those of the source.
 */
export async function lookAt(options: LookOptions): Promise<SeenCollection> {
  const { remembered, judge, progress } = options
  const { gun } = judge
  const { root, timestampFile } = await newestRoot(options)
  const last = (role: RoleName): Uint8Array | undefined => lastOf(remembered, role)
  const asked = {
    role: 'timestamp',
    read: readTimestamp,
    authority: authorityOf(root.metadata, 'timestamp', gun),
  } as const
  const timestamp = accept(await needTimestamp(timestampFile, judge), { ...asked, last: last('timestamp') }, judge)
  progress.files.set('timestamp', timestamp.metadata.bytes)
  const snapshot = await acceptPromised(options, root, timestamp.metadata.signed.snapshot)
  progress.files.set('snapshot', snapshot.metadata.bytes)
  const targets = await acceptTargets(options, root, snapshot)
  progress.files.set('targets', targets.metadata.bytes)
  const found = await collectDelegations({ ...options, snapshot: snapshot.metadata, targets })
  return {
    gun,
    root: root.metadata,
    timestamp: timestamp.metadata,
    snapshot: snapshot.metadata,
    targets: new Map([...found.accepted].map(([role, { metadata }]) => [role, metadata])),
    signers: signersOf({ root, timestamp, snapshot }, found.accepted),
    unusable: found.unusable,
  }
}

function signersOf(
  base: Readonly<Record<'root' | 'timestamp' | 'snapshot', Pick<Accepted<Root>, 'signers'>>>,
  targets: ReadonlyMap<TargetsRole, Accepted<Targets>>,
): ReadonlyMap<RoleName, ReadonlySet<KeyID>> {
  const all = new Map<RoleName, ReadonlySet<KeyID>>()
  for (const role of ['root', 'timestamp', 'snapshot'] as const) all.set(role, base[role].signers)
  for (const [role, { signers }] of targets) all.set(role, signers)
  return all
}

/** The timestamp is asked for at the same time as the roots, and looked at when they are known. */
async function newestRoot({
  remembered,
  progress,
  ...place
}: LookOptions): Promise<{ root: Accepted<Root>; timestampFile: Promise<Uint8Array | undefined> }> {
  const known = remembered && (await rememberRoot(remembered, place))
  const timestampFile = place.files.find('timestamp.json', 'timestamp', limits.timestamp)
  timestampFile.catch(() => undefined)
  const met = known ?? (await meetRoot(place))
  progress.anchored = met
  const root = await followRoots(met.root, place, (newer) => {
    progress.anchored = { ...met, root: newer }
  })
  requireInTime(root.metadata, 'root', place.judge)
  return { root, timestampFile }
}

async function needTimestamp(getting: Promise<Uint8Array | undefined>, judge: Judge): Promise<Uint8Array> {
  const bytes = await getting
  if (bytes !== undefined) return bytes
  throw judge.refusal(
    'TRUST_NO_DATA',
    { role: 'timestamp', step: 'fetch' },
    'the trust server has none, though it has a root',
  )
}

async function acceptPromised(
  { files, remembered, judge }: LookOptions,
  root: Accepted<Root>,
  promised: Parameters<CollectionFiles['promised']>[1],
): Promise<Accepted<Snapshot>> {
  const role = 'snapshot'
  const authority = authorityOf(root.metadata, role, judge.gun)
  requireModest(promised, { role, most: limits[role] }, judge)
  const bytes = await files.promised(role, promised)
  const last = lastOf(remembered, role)
  const snapshot = accept(bytes, { role, read: readSnapshot, authority, promised, last }, judge)
  await requireRoot(root, snapshot, { files, judge })
  return snapshot
}

/** The snapshot must be of just this root: it is what tells an old root from the newest. Errors: TRUST_MISMATCH, TRUST_ROLLBACK. */
async function requireRoot(
  { metadata }: Accepted<Root>,
  snapshot: Accepted<Snapshot>,
  { files, judge }: Pick<LookOptions, 'files' | 'judge'>,
): Promise<void> {
  const role = 'root'
  const promised = snapshot.metadata.signed.meta.get(role)
  const { version } = metadata.signed
  if (promised === undefined)
    throw judge.refusal('TRUST_MISMATCH', { role: 'snapshot', step: 'listed' }, 'it lists no root')
  const problem = fileProblem(metadata.bytes, promised)
  if (problem === undefined) return judge.pass(role, 'hash', `version ${version}, as the snapshot promises`)
  const other = await files.find(`root.${promised.sha256.toString('hex')}.json`, role, limits.root)
  if (other !== undefined && versionIn(other) < version) {
    const text = `the snapshot is for version ${versionIn(other)}, but ${version} was trusted before`
    throw judge.refusal('TRUST_ROLLBACK', { role, step: 'version' }, text)
  }
  throw judge.refusal(
    'TRUST_MISMATCH',
    { role, step: 'hash' },
    `version ${version} is not what the snapshot promises: ${problem}`,
  )
}

/** Of a file that is only looked at to say what is wrong; NaN for one that cannot be read. */
function versionIn(bytes: Uint8Array): number {
  try {
    return readRoot(bytes).signed.version
  } catch {
    return Number.NaN
  }
}

async function acceptTargets(
  { files, remembered, judge }: LookOptions,
  root: Accepted<Root>,
  snapshot: Accepted<Snapshot>,
): Promise<Accepted<Targets>> {
  const role = 'targets'
  const promised = snapshot.metadata.signed.meta.get(role)
  if (promised === undefined)
    throw judge.refusal('TRUST_ROLE_GONE', { role, step: 'listed' }, 'the snapshot does not list it')
  requireModest(promised, { role, most: limits[role] }, judge)
  const authority = authorityOf(root.metadata, role, judge.gun)
  const bytes = await files.promised(role, promised)
  return accept(bytes, { role, read: readTargets, authority, promised, last: lastOf(remembered, role) }, judge)
}
