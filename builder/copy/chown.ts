import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { parseID, readAccounts, readGroups } from '../layers/accounts.ts'
import type { FileTree } from '../layers/tree.ts'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * The ids of `--chown=user[:group]` (1.9 C07): a number is itself, and the group too when none is given; names stand in
 * /etc/passwd and /etc/group of the target, a user's own group is taken when none is given. Empty parts are root.
 * USER_UNKNOWN for a name that is not there.
 */
export async function resolveOwner(spec: string, target: FileTree, location: SourceLocation): Promise<Owner> {
  const colon = spec.indexOf(':')
  const user = colon < 0 ? spec : spec.slice(0, colon)
  const group = colon < 0 ? '' : spec.slice(colon + 1)
  const owner = await findUser(user, target, location)
  return group === '' ? owner : { uid: owner.uid, gid: await findGroup(group, target, location) }
}

async function findUser(user: string, target: FileTree, location: SourceLocation): Promise<Owner> {
  const uid = user === '' || user === 'root' ? 0 : parseID(user)
  if (uid !== undefined) return { uid, gid: uid }
  const accounts = await readAccounts(target)
  const account = accounts.find(({ name }) => name === user)
  if (account === undefined) throw unknown('user', user, { names: accounts.map(({ name }) => name), location })
  return { uid: account.uid, gid: account.gid }
}

async function findGroup(group: string, target: FileTree, location: SourceLocation): Promise<number> {
  const gid = group === 'root' ? 0 : parseID(group)
  if (gid !== undefined) return gid
  const groups = await readGroups(target)
  const found = groups.find(({ name }) => name === group)
  if (found === undefined) throw unknown('group', group, { names: groups.map(({ name }) => name), location })
  return found.gid
}

interface Lookup {
  readonly names: readonly string[]
  readonly location: SourceLocation
}

function unknown(kind: 'user' | 'group', name: string, { names, location }: Lookup): IbuildError {
  const file = kind === 'user' ? '/etc/passwd' : '/etc/group'
  const similar = suggest(name, names)
  return new IbuildError('USER_UNKNOWN', `--chown: ${kind} ${JSON.stringify(name)} is not in ${file} of the image`, {
    location,
    hint: similar === undefined ? 'Add it in an earlier RUN, or use a number.' : `Did you mean ${similar}?`,
  })
}
