import { delegate, purgeKey, removeDelegation } from './delegation-changes.ts'
import { withFile } from './draft.ts'
import { replaceKeys } from './root-changes.ts'
import { addTarget, noSuchRole, removeTarget } from './target-changes.ts'
import type { Change, Draft } from './types.ts'

/** The draft after these changes, in their order. Errors: TRUST_CHANGE_INVALID. */
export function applyChanges(draft: Draft, changes: readonly Change[]): Draft {
  return changes.reduce(applyChange, draft)
}

function applyChange(draft: Draft, change: Change): Draft {
  switch (change.kind) {
    case 'add-target':
      return addTarget(draft, change.role, change.name, change.target)
    case 'remove-target':
      return removeTarget(draft, change.role, change.name)
    case 'delegate':
      return delegate(draft, change)
    case 'remove-delegation':
      return removeDelegation(draft, change.name)
    case 'purge-key':
      return purgeKey(draft, change.role, change.key)
    case 'witness':
      return witness(draft, change.role)
    case 'replace-keys':
      return replaceKeys(draft, change.role, change.keys, change.threshold)
  }
}

function witness(draft: Draft, role: (Change & { kind: 'witness' })['role']): Draft {
  const file = role === 'root' ? draft.root : draft.targets.get(role)
  if (role !== 'root' && file === undefined) throw noSuchRole(draft, role)
  return withFile(draft, role, file ?? draft.root)
}
