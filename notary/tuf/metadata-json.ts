import type { JsonObject, JsonValue } from '../../shared/base/json.ts'
import { fileMetaJson } from './file-meta.ts'
import { keyJson } from './key.ts'
import { isBaseRole } from './role.ts'
import type { BaseRole, Delegation, FileMeta, PublicKey, RoleKeys, RoleName, Target } from './types.ts'

const day = 24 * 60 * 60 * 1000

/** How long files are good for that are signed today, in milliseconds; as the reference client has it. */
export const lifetimes: Readonly<Record<BaseRole, number>> = {
  root: 10 * 365 * day,
  targets: 3 * 365 * day,
  snapshot: 3 * 365 * day,
  timestamp: 14 * day,
}

/** When a file of a role expires that is signed at `now`; both in milliseconds since the epoch. Delegations are as targets. */
export function expiryOf(role: RoleName, now: number): number {
  return now + lifetimes[isBaseRole(role) ? role : 'targets']
}

interface CommonValues {
  readonly version: number
  /** Milliseconds since the epoch. */
  readonly expires: number
}

export interface RootValues extends CommonValues {
  readonly keys: Iterable<PublicKey>
  readonly roles: Readonly<Record<BaseRole, RoleKeys>>
  readonly consistentSnapshot?: boolean
}

/** What is signed of a root. */
export function rootJson(values: RootValues): JsonObject {
  const { root, targets, snapshot, timestamp } = values.roles
  return {
    ...commonJson('Root', values),
    consistent_snapshot: values.consistentSnapshot ?? false,
    keys: keysJson(values.keys),
    roles: {
      root: roleJson(root),
      targets: roleJson(targets),
      snapshot: roleJson(snapshot),
      timestamp: roleJson(timestamp),
    },
  }
}

export interface TargetsValues extends CommonValues {
  readonly targets: Iterable<readonly [string, FileMeta & Partial<Pick<Target, 'custom'>>]>
  readonly keys?: Iterable<PublicKey>
  readonly delegations?: readonly Delegation[]
}

/** What is signed of a role that lists targets. */
export function targetsJson(values: TargetsValues): JsonObject {
  const targets = membersOf([...values.targets].map(([name, target]) => [name, targetJson(target)]))
  const roles = (values.delegations ?? []).map(delegationJson)
  return { ...commonJson('Targets', values), delegations: { keys: keysJson(values.keys ?? []), roles }, targets }
}

/** A target as it stands in metadata. */
export function targetJson(target: FileMeta & Partial<Pick<Target, 'custom'>>): JsonObject {
  return { ...fileMetaJson(target), ...(target.custom !== undefined && { custom: target.custom }) }
}

/** A delegation as it stands in metadata. Without paths it has no member for them, and may sign nothing. */
function delegationJson(role: Delegation): JsonObject {
  return { name: role.name, ...roleJson(role), ...(role.paths.length > 0 && { paths: role.paths }) }
}

export interface SnapshotValues extends CommonValues {
  readonly meta: Iterable<readonly [RoleName, FileMeta]>
}

/** What is signed of a snapshot. */
export function snapshotJson(values: SnapshotValues): JsonObject {
  return { ...commonJson('Snapshot', values), meta: filesJson(values.meta) }
}

/** What is signed of a timestamp: that of which file of the snapshot is the current one. */
export function timestampJson(values: CommonValues & { readonly snapshot: FileMeta }): JsonObject {
  return { ...commonJson('Timestamp', values), meta: filesJson([['snapshot', values.snapshot]]) }
}

function commonJson(type: string, { version, expires }: CommonValues): JsonObject {
  return { _type: type, version, expires: timeText(expires) }
}

/**
 * A time, in milliseconds since the epoch, as Go writes it: without zeros at the end of its fraction. The reference server hashes a
 * root as it would write it itself, so that any other form is not what its snapshots promise.
 */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.?0+Z$/, 'Z')
}

function roleJson({ keyIDs, threshold }: RoleKeys): JsonObject {
  return { keyids: keyIDs, threshold }
}

/** Keys by their IDs, as they stand in metadata. */
export function keysJson(keys: Iterable<PublicKey>): JsonObject {
  return membersOf([...keys].map((key) => [key.id, keyJson(key)]))
}

function filesJson(files: Iterable<readonly [RoleName, FileMeta]>): JsonObject {
  return membersOf([...files].map(([role, meta]) => [role, fileMetaJson(meta)]))
}

/** An object without a prototype: a target may be called `__proto__`. */
function membersOf(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null)
  for (const [name, value] of entries) object[name] = value
  return object
}
