import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { RunRequest } from '../exec/types.ts'
import { type Account, type Group, parseID, readAccounts, readGroups } from '../layers/accounts.ts'
import type { FileTree } from '../layers/tree.ts'

/** The ids that a command runs with, and the home directory that goes with them. */
export interface ResolvedUser {
  readonly user: RunRequest['user']
  /** Absolute path in the image; `/` for a user without an account. */
  readonly home: string
}

export interface UserPlace {
  /** The image's tree. */
  readonly view: () => FileTree
  readonly location?: SourceLocation
}

/**
 * The ids of a USER `user[:group]`: empty is root. Names and numbers are looked up in the image's accounts; a number need
 * not have one, its group is then 0. Without a group, supplementary groups come from /etc/group. Errors: USER_UNKNOWN.
 */
export async function resolveUser(spec: string, place: UserPlace): Promise<ResolvedUser> {
  const [user = '', group = ''] = spec.split(':')
  const tree = place.view()
  const [accounts, groups] = await Promise.all([readAccounts(tree), readGroups(tree)])
  const { name, uid, gid, home } = findAccount(user, accounts, place.location)
  if (group !== '') return { user: { uid, gid: findGroup(group, groups, place.location), additionalGids: [] }, home }
  const additionalGids = groups.filter(({ members }) => members.includes(name)).map((entry) => entry.gid)
  return { user: { uid, gid, additionalGids }, home }
}

/** The environment with HOME, unless it is set: runtimes differ in whether they set it. */
export function withHome(env: readonly string[], home: string): readonly string[] {
  return env.some((line) => line.startsWith('HOME=')) ? env : [...env, `HOME=${home}`]
}

function findAccount(user: string, accounts: readonly Account[], location: SourceLocation | undefined): Account {
  const uid = user === '' ? 0 : parseID(user)
  const found = accounts.find((account) => (uid === undefined ? account.name === user : account.uid === uid))
  if (found !== undefined) return found
  if (uid !== undefined) return { name: '', uid, gid: 0, home: '/' }
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
