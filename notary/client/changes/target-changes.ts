import { IbuildError } from '../../../shared/base/errors.ts'
import { isObject, type JsonObject } from '../../../shared/base/json.ts'
import type { TargetsRole } from '../../tuf/types.ts'
import { emptyTargets, withFile } from './draft.ts'
import { memberOf, objectIn, textsIn, withMember, withoutMembers } from './json-parts.ts'
import { delegationEntry } from './role-keys.ts'
import type { Draft, TargetContent } from './types.ts'

/**
 * The name stands for that content in the file of the role. Nothing changes when it does already.
 * Errors: TRUST_CHANGE_INVALID for a role that there is not, or that may not sign the name.
 */
export function addTarget(draft: Draft, role: TargetsRole, name: string, target: TargetContent): Draft {
  refuseForeignName(draft, role, name)
  const file = draft.targets.get(role) ?? emptyTargets
  const targets = objectIn(file, 'targets')
  if (isSame(memberOf(targets, name), target)) return draft
  return withFile(draft, role, withMember(file, 'targets', withMember(targets, name, targetJson(target))))
}

/** The name goes from the file of the role; nothing changes when it is not there. */
export function removeTarget(draft: Draft, role: TargetsRole, name: string): Draft {
  const file = draft.targets.get(role)
  if (file === undefined) return draft
  const targets = objectIn(file, 'targets')
  if (!Object.hasOwn(targets, name)) return draft
  return withFile(
    draft,
    role,
    withMember(
      file,
      'targets',
      withoutMembers(targets, (key) => key === name),
    ),
  )
}

/** A delegation signs names that begin with one of its paths; readers pass over all others (TUF 1.0.34, section 4.5). */
function refuseForeignName(draft: Draft, role: TargetsRole, name: string): void {
  if (role === 'targets') return
  const entry = delegationEntry(draft, role)
  if (entry === undefined) throw noSuchRole(draft, role)
  const paths = textsIn(entry, 'paths')
  if (paths.some((path) => name.startsWith(path))) return
  throw new IbuildError('TRUST_CHANGE_INVALID', `${draft.gun}: ${role} may not sign ${JSON.stringify(name)}`, {
    hint: `It signs names that begin with ${paths.map((path) => JSON.stringify(path)).join(' or ') || 'nothing'}; choose another role, or give it a path.`,
  })
}

export function noSuchRole(draft: Draft, role: TargetsRole): IbuildError {
  return new IbuildError('TRUST_CHANGE_INVALID', `${draft.gun} has no role ${role}`, {
    hint: 'See ibuild trust delegation list.',
  })
}

/** The same bytes: what is said of them beside is not compared when nothing new is said. */
function isSame(json: JsonObject[string] | undefined, { length, sha256, custom }: TargetContent): boolean {
  if (!isObject(json) || custom !== undefined || memberOf(json, 'length') !== length) return false
  return memberOf(objectIn(json, 'hashes'), 'sha256') === sha256.toString('base64')
}

function targetJson({ length, sha256, sha512, custom }: TargetContent): JsonObject {
  const hashes = {
    sha256: sha256.toString('base64'),
    ...(sha512 !== undefined && { sha512: sha512.toString('base64') }),
  }
  return { ...(custom !== undefined && { custom }), hashes, length }
}
