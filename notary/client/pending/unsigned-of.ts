import { IbuildError } from '../../../shared/base/errors.ts'
import { isTargetsRole } from '../../tuf/role.ts'
import type { Metadata, RoleName, Targets, TargetsRole } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import { draftOf, newDraft } from '../changes/draft.ts'
import { delegationEntry } from '../changes/role-keys.ts'
import type { Unsigned } from '../changes/seal.ts'
import type { Draft } from '../changes/types.ts'
import type { Pending } from './types.ts'

/**
 * What is pending, on top of what is trusted now. Errors: TRUST_PENDING_INVALID when others published since it was written, or when
 * it is over its time.
 */
export function unsignedOf(
  { gun, files }: Pending,
  collection: TrustedCollection | undefined,
  { now, unusable }: { readonly now: number; readonly unusable?: ReadonlyMap<TargetsRole, Metadata<Targets>> },
): Unsigned {
  const base = collection === undefined ? newDraft(gun) : draftOf(collection, unusable)
  for (const [role, file] of files) refuseOutdated(base, role, file, now)
  const targets = [...files].flatMap(([role, { json }]) => (isTargetsRole(role) ? [[role, json] as const] : []))
  const draft: Draft = {
    ...base,
    root: files.get('root')?.json ?? base.root,
    targets: new Map([...base.targets, ...targets]),
    changed: new Set(files.keys()),
  }
  return {
    draft: withoutOrphans(draft),
    files: new Map([...files].map(([role, { json }]) => [role, json])),
    stale: new Set(),
  }
}

function refuseOutdated({ gun, base, targets }: Draft, role: RoleName, { signed }: Metadata, now: number): void {
  const before =
    role === 'root' ? base?.root.json : isTargetsRole(role) && base !== undefined ? targets.get(role) : undefined
  const version = Number(before?.['version'] ?? 0)
  if (signed.version !== version + 1)
    throw new IbuildError(
      'TRUST_PENDING_INVALID',
      `${gun}: ${role} is at version ${version} now, and what is to be published would be version ${signed.version}`,
      { hint: 'Others published since: begin again with the command that wrote the file.' },
    )
  if (signed.expires <= now)
    throw new IbuildError('TRUST_PENDING_INVALID', `${gun}: ${role} in the file is over its time`)
}

/** Without files of delegations that the new files do not make any more. */
function withoutOrphans(draft: Draft): Draft {
  const kept = [...draft.targets].filter(([role]) => role === 'targets' || delegationEntry(draft, role) !== undefined)
  return kept.length === draft.targets.size ? draft : withoutOrphans({ ...draft, targets: new Map(kept) })
}
