import type { JsonObject } from '../../../shared/base/json.ts'
import { fileMetaJson, fileMetaOf } from '../../tuf/file-meta.ts'
import { expiryOf, timeText } from '../../tuf/metadata-json.ts'
import { isTargetsRole } from '../../tuf/role.ts'
import type { KeyID, RoleName, Signature, TargetsRole } from '../../tuf/types.ts'
import { hasOne } from './has-one.ts'
import { memberOf, objectIn, withMember, withoutMembers } from './json-parts.ts'
import { canonicalIDs, type KeysOfRole, keysOfRole } from './role-keys.ts'
import { type FileToSign, signFile } from './sign-file.ts'
import { staleRoles } from './stale.ts'
import type { Draft, SigningKeys } from './types.ts'

/** A role that more keys must sign. */
export interface MissingSignatures {
  readonly role: RoleName
  readonly missing: number
  /** Canonical IDs of keys that may sign it, and did not. */
  readonly keys: readonly KeyID[]
  /** True when nobody changed the file, but what was signed before counts no more. */
  readonly isStale: boolean
}

/** Files that are ready for a publish, or for more signatures. */
export interface Sealed {
  readonly files: ReadonlyMap<RoleName, Buffer>
  readonly missing: readonly MissingSignatures[]
}

/** What is to be signed of a draft, with the versions and times that it gets. */
export interface Unsigned {
  readonly draft: Draft
  readonly files: ReadonlyMap<RoleName, JsonObject>
  /** Roles that are in it only because what was signed before counts no more. */
  readonly stale: ReadonlySet<RoleName>
}

/** Numbers and dates what changed, parents first; `now` in milliseconds since the epoch. */
export function stamp(draft: Draft, now: number): Unsigned {
  const stale = new Set<RoleName>(staleRoles(draft))
  const roles = [...draft.changed, ...stale].filter((role) => role === 'root' || isTargetsRole(role))
  const files = roles.toSorted(parentsFirst).flatMap((role) => {
    const json = role === 'root' ? draft.root : draft.targets.get(role)
    return json === undefined ? [] : [[role, stamped(json, role, versionIn(draft, role) + 1, now)] as const]
  })
  return { draft, files: new Map(files), stale }
}

/**
 * Signs with all keys that are at hand, beside what others signed. Errors: those of {@link SigningKeys.unlock}.
 */
export async function signAll(
  { draft, files, stale }: Unsigned,
  keys: SigningKeys,
  signatures: ReadonlyMap<RoleName, readonly Signature[]> = new Map(),
): Promise<Sealed> {
  const sealed = new Map<RoleName, Buffer>()
  const missing: MissingSignatures[] = []
  for (const [role, json] of files) {
    const file: FileToSign = { role, json, signers: signersOf(draft, role), signatures: signatures.get(role) }
    const signed = await signFile(file, keys)
    sealed.set(role, signed.bytes)
    if (signed.missing > 0)
      missing.push({ role, missing: signed.missing, keys: signed.unused, isStale: stale.has(role) })
  }
  return { files: sealed, missing }
}

/**
 * The snapshot of what is published, when its key is here; undefined when the server signs it. Errors: those of
 * {@link SigningKeys.unlock}.
 */
export async function sealSnapshot(
  draft: Draft,
  files: ReadonlyMap<RoleName, Uint8Array>,
  { keys, now }: { readonly keys: SigningKeys; readonly now: number },
): Promise<Buffer | undefined> {
  const signers = keysOfRole(draft, 'snapshot')
  if (signers === undefined || !(await hasOne(canonicalIDs(signers), keys))) return undefined
  const before = draft.base?.snapshot.json ?? { _type: 'Snapshot', meta: {} }
  const isGone = (role: string): boolean => isTargetsRole(role) && !draft.targets.has(role)
  const meta = [...files].reduce(
    (all, [role, bytes]) => withMember(all, role, fileMetaJson(fileMetaOf(bytes))),
    withoutMembers(objectIn(before, 'meta'), isGone),
  )
  const version = versionIn(draft, 'snapshot') + 1
  const json = stamped(withMember(before, 'meta', meta), 'snapshot', version, now)
  return (await signFile({ role: 'snapshot', json, signers: [signers] }, keys)).bytes
}

/** A root is signed by those who may sign it, and by those who might before (TUF 1.0.34, section 5.3.4). */
function signersOf(draft: Draft, role: RoleName): readonly KeysOfRole[] {
  const now = keysOfRole(draft, role)
  const root = draft.base?.root.signed
  const before = role === 'root' && root !== undefined ? [{ ...root.roles.root, keys: keysNamed(root) }] : []
  return [...(now === undefined ? [] : [now]), ...before]
}

function keysNamed({ keys, roles }: NonNullable<Draft['base']>['root']['signed']): KeysOfRole['keys'] {
  return new Map([...keys].filter(([id]) => roles.root.keyIDs.includes(id)))
}

/** The version that is there now; 0 when there is none. */
function versionIn({ base, targets, root }: Draft, role: RoleName): number {
  if (base === undefined) return 0
  if (role === 'snapshot') return base.snapshot.signed.version
  const json = role === 'root' ? root : isTargetsRole(role) ? targets.get(role) : undefined
  const version = json === undefined ? undefined : memberOf(json, 'version')
  return typeof version === 'number' ? version : 0
}

function stamped(json: JsonObject, role: RoleName, version: number, now: number): JsonObject {
  const expires = timeText(expiryOf(role, now))
  return withMember(withMember(json, 'version', version), 'expires', expires)
}

function parentsFirst(a: RoleName | TargetsRole, b: RoleName | TargetsRole): number {
  const depth = (role: string): number => (role === 'root' ? 0 : role.split('/').length)
  return depth(a) - depth(b)
}
