import { IbuildError } from '../../../shared/base/errors.ts'
import type { JsonObject } from '../../../shared/base/json.ts'
import { parentOf } from '../../tuf/role.ts'
import type { DelegationName, KeyID, RoleName, TargetsRole } from '../../tuf/types.ts'
import { withFile } from './draft.ts'
import { arrayIn, memberOf, objectIn, textsIn, withMember } from './json-parts.ts'
import { countKeys, delegationEntry, delegationsIn, isKey, keyTable, thresholdOf } from './role-keys.ts'
import { noSuchRole } from './target-changes.ts'
import type { DelegationEdit, Draft } from './types.ts'

/**
 * Changes keys, paths and threshold of a delegation, or makes it. Errors: TRUST_CHANGE_INVALID when its parent is not there, or when
 * fewer keys would be left than must sign.
 */
export function delegate(draft: Draft, edit: DelegationEdit): Draft {
  const parent = parentOf(edit.name)
  const file = draft.targets.get(parent)
  if (file === undefined) throw noSuchRole(draft, parent)
  const before = delegationEntry(draft, edit.name) ?? { keyids: [], name: edit.name, paths: [], threshold: 1 }
  const known = objectIn(objectIn(file, 'delegations'), 'keys')
  const isRemoved = (id: string): boolean =>
    edit.removeKeys?.some((gone) => gone === id || isKey(memberOf(known, id), gone)) === true
  const entry = {
    ...before,
    keyids: unique([
      ...textsIn(before, 'keyids').filter((id) => !isRemoved(id)),
      ...(edit.addKeys ?? []).map(({ id }) => id),
    ]),
    paths: unique([
      ...textsIn(before, 'paths').filter((path) => edit.removePaths?.includes(path) !== true),
      ...(edit.addPaths ?? []),
    ]),
    threshold: edit.threshold ?? thresholdOf(before),
  }
  refuseTooFewKeys(draft, entry, keyTable(known, edit.addKeys ?? [], [entry]))
  if (isUnchanged(before, entry)) return draft
  return withEntries(draft, parent, replaced(delegationsIn(file), entry), edit.addKeys)
}

/** The delegation goes, with its file and with what it delegates itself. Errors: TRUST_CHANGE_INVALID when there is none. */
export function removeDelegation(draft: Draft, name: DelegationName): Draft {
  const parent = parentOf(name)
  const file = draft.targets.get(parent)
  if (file === undefined || delegationEntry(draft, name) === undefined) throw noSuchRole(draft, name)
  const isGone = (role: RoleName): boolean => role === name || role.startsWith(`${name}/`)
  const kept = {
    ...draft,
    targets: new Map([...draft.targets].filter(([role]) => !isGone(role))),
    changed: new Set([...draft.changed].filter((role) => !isGone(role))),
  }
  return withEntries(
    kept,
    parent,
    delegationsIn(file).filter((entry) => memberOf(entry, 'name') !== name),
  )
}

/** Takes a key out of all delegations of a file. Errors: TRUST_CHANGE_INVALID when one of them would be left with too few. */
export function purgeKey(draft: Draft, role: TargetsRole, key: KeyID): Draft {
  const file = draft.targets.get(role)
  if (file === undefined) throw noSuchRole(draft, role)
  const known = objectIn(objectIn(file, 'delegations'), 'keys')
  const isPurged = (id: string): boolean => id === key || isKey(memberOf(known, id), key)
  const before = delegationsIn(file)
  const entries = before.map((entry) => {
    const keyids = textsIn(entry, 'keyids').filter((id) => !isPurged(id))
    return keyids.length === textsIn(entry, 'keyids').length ? entry : { ...entry, keyids }
  })
  const changed = entries.filter((entry, i) => entry !== before[i])
  for (const entry of changed) refuseTooFewKeys(draft, entry, known)
  return changed.length === 0 ? draft : withEntries(draft, role, entries)
}

function replaced(entries: readonly JsonObject[], entry: JsonObject): JsonObject[] {
  const at = entries.findIndex((each) => memberOf(each, 'name') === memberOf(entry, 'name'))
  return at < 0 ? [...entries, entry] : entries.with(at, entry)
}

/** A file with these delegations, and of the keys only those that they name. */
function withEntries(
  draft: Draft,
  role: TargetsRole,
  entries: readonly JsonObject[],
  added: DelegationEdit['addKeys'] = [],
): Draft {
  const file = draft.targets.get(role) ?? {}
  const delegations = objectIn(file, 'delegations')
  const keys = keyTable(objectIn(delegations, 'keys'), added, entries)
  const next = withMember(withMember(delegations, 'keys', keys), 'roles', [...entries])
  return withFile(draft, role, withMember(file, 'delegations', next))
}

/** With fewer keys than its threshold a role can never be signed again, and its names are lost. */
function refuseTooFewKeys({ gun }: Draft, entry: JsonObject, table: JsonObject): void {
  const name = memberOf(entry, 'name')
  const count = countKeys(entry, table)
  const threshold = thresholdOf(entry)
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    throw new IbuildError('TRUST_CHANGE_INVALID', `${gun}: a threshold is a number from 1 on, not ${threshold}`)
  if (count >= threshold) return
  throw new IbuildError(
    'TRUST_CHANGE_INVALID',
    `${gun}: ${JSON.stringify(name)} would have ${count} ${count === 1 ? 'key' : 'keys'}, and ${threshold} must sign it`,
    { hint: 'Add keys in the same step, lower the threshold, or remove the delegation.' },
  )
}

function isUnchanged(before: JsonObject, after: JsonObject): boolean {
  const lists = ['keyids', 'paths'].every((key) => {
    const [old, now] = [arrayIn(before, key), arrayIn(after, key)]
    return old.length === now.length && old.every((value, i) => value === now[i])
  })
  return lists && textsIn(before, 'keyids').length > 0 && thresholdOf(before) === thresholdOf(after)
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
