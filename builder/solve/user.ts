import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { RunRequest } from '../exec/types.ts'
import { type Account, type Group, parseID, readAccounts, readGroups } from '../layers/accounts.ts'
import type { FileTree } from '../layers/tree.ts'

type User = RunRequest['user']

export interface UserPlace {
  /** The image's tree; only looked into when a name must be found. */
  readonly view: () => FileTree
  readonly location?: SourceLocation
}

/**
 * The ids of a USER `user[:group]`: empty is root, numbers are taken as they are (group 0 when none is given), names are
 * looked up in the image. Supplementary groups come from /etc/group when no group is given. Errors: USER_UNKNOWN.
 */
export async function resolveUser(spec: string, place: UserPlace): Promise<User> {
  const [user = '', group] = spec.split(':')
  const uid = user === '' ? 0 : parseID(user)
  const gid = group === undefined || group === '' ? 0 : parseID(group)
  if (uid !== undefined && gid !== undefined) return { uid, gid, additionalGids: [] }
  const tree = place.view()
  const [accounts, groups] = await Promise.all([readAccounts(tree), readGroups(tree)])
  const account = findAccount(user, accounts, place.location)
  if (group !== undefined && group !== '') {
    return { uid: account.uid, gid: findGroup(group, groups, place.location), additionalGids: [] }
  }
  const additionalGids = groups.filter(({ members }) => members.includes(account.name)).map((entry) => entry.gid)
  return { uid: account.uid, gid: account.gid, additionalGids }
}

function findAccount(user: string, accounts: readonly Account[], location: SourceLocation | undefined): Account {
  const uid = user === '' ? 0 : parseID(user)
  const found = accounts.find((account) => account.name === user) ?? accounts.find((account) => account.uid === uid)
  if (found !== undefined) return found
  if (uid !== undefined) return { name: '', uid, gid: 0 }
  throw unknownName('user', user, { names: accounts.map(({ name }) => name), location })
}

function findGroup(group: string, groups: readonly Group[], location: SourceLocation | undefined): number {
  const gid = groups.find(({ name }) => name === group)?.gid ?? parseID(group)
  if (gid !== undefined) return gid
  throw unknownName('group', group, { names: groups.map(({ name }) => name), location })
}

interface Missing {
  readonly names: readonly string[]
  readonly location: SourceLocation | undefined
}

function unknownName(kind: 'user' | 'group', name: string, { names, location }: Missing): IbuildError {
  const file = kind === 'user' ? '/etc/passwd' : '/etc/group'
  const similar = suggest(name, names)
  return new IbuildError('USER_UNKNOWN', `${kind} ${JSON.stringify(name)} is not in ${file} of the image`, {
    ...(location !== undefined && { location }),
    hint: similar === undefined ? `Add it in an earlier RUN, or use a number.` : `Did you mean ${similar}?`,
  })
}
