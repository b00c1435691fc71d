import { IbuildError } from '../../../shared/base/errors.ts'
import { isObject, type JsonObject } from '../../../shared/base/json.ts'
import type { BaseRole, PublicKey } from '../../tuf/types.ts'
import { withFile } from './draft.ts'
import { objectIn, withMember } from './json-parts.ts'
import { keyTable } from './role-keys.ts'
import type { Draft } from './types.ts'

/** Gives a role of the root these keys and no other. Errors: TRUST_CHANGE_INVALID for a threshold that they cannot reach. */
export function replaceKeys(draft: Draft, role: BaseRole, keys: readonly PublicKey[], threshold: number): Draft {
  const distinct = new Set(keys.map(({ canonicalID }) => canonicalID)).size
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > distinct)
    throw new IbuildError(
      'TRUST_CHANGE_INVALID',
      `${draft.gun}: ${threshold} keys cannot be asked for where ${role} has ${distinct}`,
      { hint: 'A threshold is 1 or more, and at most the number of keys.' },
    )
  const entry = { ...rolesIn(draft.root)[role], keyids: keys.map(({ id }) => id), threshold }
  const roles = withMember(objectIn(draft.root, 'roles'), role, entry)
  const entries = Object.values(roles).filter(isObject)
  const table = keyTable(objectIn(draft.root, 'keys'), keys, entries)
  return withFile(draft, 'root', withMember(withMember(draft.root, 'roles', roles), 'keys', table))
}

function rolesIn(root: JsonObject): Partial<Record<BaseRole, JsonObject>> {
  return Object.fromEntries(Object.entries(objectIn(root, 'roles')).filter(([, value]) => isObject(value)))
}
