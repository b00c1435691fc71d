import type { CollectionState, NewFile } from '../store/types.ts'
import { collectionLimits } from '../tuf/limits.ts'
import { readTargets } from '../tuf/read-metadata.ts'
import { isTargetsRole } from '../tuf/role.ts'
import type { FileMeta, Gun, RoleKeys, RoleName, Root } from '../tuf/types.ts'
import { verifySignatures } from '../tuf/verify.ts'
import type { CheckTerms } from './check-common.ts'
import { checkRoot, type UploadedRoot } from './check-root.ts'
import { checkSnapshot, type UploadedSnapshot } from './check-snapshot.ts'
import { checkTargets, type FindDelegations, shallowFirst } from './check-targets.ts'
import { checkVersion } from './check-versions.ts'
import type { LiveCollections } from './live-collections.ts'
import { invalidUpdate } from './publish-error.ts'
import type { Upload } from './read-upload.ts'
import { metaOf } from './sign-files.ts'

/** Roles with files, root and targets among them. */
const mostRoles = collectionLimits.files

/** What a publish starts from. */
export interface PublishScene {
  readonly gun: Gun
  readonly before: CollectionState | undefined
  /** Without what is stored already. */
  readonly uploads: ReadonlyMap<RoleName, Upload>
  readonly live: LiveCollections
  readonly terms: CheckTerms
}

/** An update that may be made current. */
export interface Decided {
  /** The root that will be current. */
  readonly root: Root
  /** What will be promised of the root and of each role that lists targets. */
  readonly meta: ReadonlyMap<RoleName, FileMeta>
  /** Undefined when the server is to make it. */
  readonly snapshot: Upload | undefined
  /** Roles that the collection has no more. */
  readonly dropped: readonly RoleName[]
}

/**
 * Holds uploads against what is stored and against each other, as the reference server does, and beyond that: versions that leap, a
 * snapshot that promises what is not there, and what a new root would leave without valid signatures. Errors: INVALID_UPDATE, VERSION.
 */
export async function decidePublication(scene: PublishScene): Promise<Decided> {
  const { before, uploads, live, terms } = scene
  const rootBefore = before === undefined ? undefined : await live.root(before)
  const root = decideRoot(scene, rootBefore)
  await checkLists(scene, root)
  await checkSignedBefore(scene, root, rootBefore)
  for (const { role, signed } of uploads.values()) {
    checkVersion(role, signed.version, lastVersion(before, role), terms)
  }
  const meta = metaAfter(before, uploads)
  if (meta.size > mostRoles) throw invalidUpdate('ErrBadTargets', `${meta.size} roles, more than ${mostRoles}`)
  const snapshot = uploads.get('snapshot')
  if (snapshot === undefined) {
    if (!meta.has('targets')) throw invalidUpdate('ErrValidation', 'targets must be loaded first')
    return { root, meta, snapshot, dropped: [] }
  }
  if (!isSnapshot(snapshot)) throw new Error('the snapshot was read as something else')
  checkSnapshot(snapshot, { root, find: (role) => meta.get(role), uploaded: uploads.keys() }, terms)
  const listed = snapshot.signed.meta
  const dropped = [...(before?.files.keys() ?? [])].filter((role) => isTargetsRole(role) && !listed.has(role))
  return { root, meta, snapshot, dropped }
}

function decideRoot({ gun, uploads, terms }: PublishScene, before: Root | undefined): Root {
  const upload = uploads.get('root')
  if (upload !== undefined && isRoot(upload)) {
    checkRoot(gun, upload, before, terms)
    return upload.signed
  }
  if (before !== undefined) return before
  throw invalidUpdate('ErrValidation', 'no pre-existing root and no root provided in update.')
}

async function checkLists({ before, uploads, live, terms }: PublishScene, root: Root): Promise<void> {
  const find: FindDelegations = async (role) => {
    const signed = uploads.get(role)?.signed
    if (signed?.type === 'Targets') return signed.delegations
    return before === undefined ? undefined : live.delegations(before, role)
  }
  for (const role of shallowFirst([...uploads.keys()].filter(isTargetsRole))) {
    const upload = uploads.get(role)
    if (upload !== undefined) await checkTargets({ ...upload, role }, { root, find }, terms)
  }
}

/** A root that gives the targets other keys must come with targets that these signed: else nobody could use the collection. */
async function checkSignedBefore(
  { before, uploads, live }: PublishScene,
  root: Root,
  rootBefore: Root | undefined,
): Promise<void> {
  if (before === undefined || rootBefore === undefined || uploads.has('targets') || !before.files.has('targets')) return
  if (isSameRole(root.roles.targets, rootBefore.roles.targets)) return
  const targets = readTargets(await live.bytes(before, 'targets'))
  if (verifySignatures(targets, root.roles.targets, root.keys).missing === 0) return
  const reason = 'the root gives it other keys, so it must be signed anew in the same update'
  throw invalidUpdate('ErrBadTargets', `valid signatures did not meet threshold for targets: ${reason}`)
}

function isSameRole(a: RoleKeys, b: RoleKeys): boolean {
  return a.threshold === b.threshold && [...a.keyIDs].sort().join() === [...b.keyIDs].sort().join()
}

function lastVersion(before: CollectionState | undefined, role: RoleName): number {
  return before?.files.get(role)?.version ?? before?.gone.get(role) ?? 0
}

function metaAfter(
  before: CollectionState | undefined,
  uploads: ReadonlyMap<RoleName, Upload>,
): Map<RoleName, FileMeta> {
  const meta = new Map<RoleName, FileMeta>()
  for (const [role, file] of before?.files ?? []) meta.set(role, metaOf(file))
  for (const { role, bytes, sha256, sha512 } of uploads.values()) {
    meta.set(role, metaOf({ sha256, sha512, length: bytes.length }))
  }
  meta.delete('snapshot')
  meta.delete('timestamp')
  return meta
}

/** An upload as it is stored. */
export function fileOf({ role, bytes, signed: { version, expires }, sha256, sha512 }: Upload): NewFile {
  return { role, version, bytes, sha256, sha512, expires }
}

function isRoot(upload: Upload): upload is UploadedRoot {
  return upload.signed.type === 'Root'
}

function isSnapshot(upload: Upload): upload is UploadedSnapshot {
  return upload.signed.type === 'Snapshot'
}
