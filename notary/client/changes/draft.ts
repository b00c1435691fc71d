import type { JsonObject } from '../../../shared/base/json.ts'
import type { Gun, Metadata, RoleName, Targets, TargetsRole } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import type { Draft } from './types.ts'

/**
 * A draft of what is trusted now. `unusable` are files of delegations that the snapshot lists but whose signatures or expiry do not
 * hold: those who have the keys can sign them again.
 */
export function draftOf(
  collection: TrustedCollection,
  unusable: ReadonlyMap<TargetsRole, Metadata<Targets>> = new Map(),
): Draft {
  const files = [...unusable, ...collection.targets].map(([role, file]) => [role, file.json] as const)
  return {
    gun: collection.gun,
    base: collection,
    root: collection.root.json,
    targets: new Map(files),
    changed: new Set(),
  }
}

/** A draft of a collection that there is not yet: no keys, no targets. */
export function newDraft(gun: Gun): Draft {
  return {
    gun,
    base: undefined,
    root: { _type: 'Root', consistent_snapshot: false, keys: {}, roles: {} },
    targets: new Map([['targets', emptyTargets]]),
    changed: new Set<RoleName>(['root', 'targets']),
  }
}

export const emptyTargets: JsonObject = { _type: 'Targets', delegations: { keys: {}, roles: [] }, targets: {} }

/** The draft with another file of a role, which is to be signed. */
export function withFile(draft: Draft, role: 'root' | TargetsRole, json: JsonObject): Draft {
  const changed = new Set<RoleName>([...draft.changed, role])
  if (role === 'root') return { ...draft, root: json, changed }
  return { ...draft, targets: new Map([...draft.targets, [role, json]]), changed }
}
