import { shown } from '../../tuf/fail.ts'
import { fileMetaJson } from '../../tuf/file-meta.ts'
import { baseRoles, isTargetsRole } from '../../tuf/role.ts'
import type { Metadata, RoleKeys, RoleName, Root, Target, Targets } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import type { Pending } from './types.ts'

/** What is trusted now. */
type Before = Pick<TrustedCollection, 'root' | 'targets'>

/** What a publish would change, one line for each thing: what somebody who is to sign it wants to know. */
export function differenceOf(pending: Pending, collection: Before | undefined): readonly string[] {
  return [...pending.files].flatMap(([role, file]) => {
    const lines = linesOf(role, file, collection)
    return lines.length === 0 ? [`${role}: signed again, for longer`] : lines.map((line) => `${role}: ${line}`)
  })
}

function linesOf(role: RoleName, { signed }: Metadata, collection: Before | undefined): string[] {
  if (signed.type === 'Root') return rootLines(signed, collection?.root.signed)
  if (signed.type !== 'Targets' || !isTargetsRole(role)) return []
  const before = collection?.targets.get(role)?.signed
  return [...targetLines(signed, before), ...delegationLines(signed, before)]
}

function rootLines(now: Root, before: Root | undefined): string[] {
  return baseRoles.flatMap((role) => keyLines(`role ${role}`, now.roles[role], before?.roles[role]))
}

function targetLines(now: Targets, before: Targets | undefined): string[] {
  const added = [...now.targets].flatMap(([name, target]) => {
    const old = before?.targets.get(name)
    if (old !== undefined && isSame(old, target)) return []
    return old === undefined
      ? `signs ${shown(name)} as ${contentOf(target)}`
      : `signs ${shown(name)} as ${contentOf(target)}, which was ${contentOf(old)}`
  })
  const gone = [...(before?.targets.keys() ?? [])].filter((name) => !now.targets.has(name))
  return [...added, ...gone.map((name) => `signs ${shown(name)} no more`)]
}

function delegationLines(now: Targets, before: Targets | undefined): string[] {
  const old = new Map(before?.delegations.roles.map((role) => [role.name, role]))
  const names = new Set(now.delegations.roles.map(({ name }) => name))
  const changed = now.delegations.roles.flatMap((role) => {
    const was = old.get(role.name)
    const paths = role.paths.map((path) => JSON.stringify(path)).join(', ') || 'nothing'
    const isKept = was !== undefined && JSON.stringify(was.paths) === JSON.stringify(role.paths)
    return [
      ...keyLines(role.name, role, was),
      ...(isKept ? [] : [`${role.name} may sign names that begin with ${paths}`]),
    ]
  })
  const gone = [...old.keys()].filter((name) => !names.has(name))
  return [...changed, ...gone.map((name) => `${name} goes, with all that it signed`)]
}

function keyLines(name: string, now: RoleKeys, before: RoleKeys | undefined): string[] {
  const added = now.keyIDs
    .filter((id) => before?.keyIDs.includes(id) !== true)
    .map((id) => `${name} gets the key ${id}`)
  const gone = before?.keyIDs.filter((id) => !now.keyIDs.includes(id)).map((id) => `${name} loses the key ${id}`) ?? []
  const threshold =
    now.threshold === (before?.threshold ?? 1)
      ? []
      : [`${name} needs ${now.threshold} ${now.threshold === 1 ? 'signature' : 'signatures'}`]
  return [...added, ...gone, ...threshold]
}

/** All that is signed of it: a second hash makes it another content to those who ask by that. */
function isSame(a: Target, b: Target): boolean {
  return JSON.stringify([fileMetaJson(a), a.custom ?? null]) === JSON.stringify([fileMetaJson(b), b.custom ?? null])
}

function contentOf({ sha256, sha512, length, custom }: Target): string {
  const second = sha512 === undefined ? '' : ` and sha512:${sha512.toString('hex')}`
  const beside = custom === undefined ? '' : `, saying ${shown(JSON.stringify(custom))} beside`
  return `sha256:${sha256.toString('hex')}${second} (${length} bytes)${beside}`
}
