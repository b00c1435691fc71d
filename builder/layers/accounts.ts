import { readSmallFile } from './read-file.ts'
import type { FileTree } from './tree.ts'

/** A line of /etc/passwd. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** `/` when the line has none. */
  readonly home: string
}

/** A line of /etc/group. */
export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Largest /etc/passwd or /etc/group that is read. */
const maxBytes = 4 * 1024 * 1024
/** Highest id that Linux takes; 2^32 - 1 means "leave as it is". */
const maxID = 0xfffffffe

/** The accounts of an image; none when it has no /etc/passwd. Malformed lines are passed over, as libc does. */
export async function readAccounts(tree: FileTree): Promise<Account[]> {
  return (await fields(tree, 'etc/passwd')).flatMap(([name = '', , uid = '', gid = '', , home = '']) => {
    const ids = [parseID(uid), parseID(gid)]
    return ids[0] === undefined || ids[1] === undefined
      ? []
      : [{ name, uid: ids[0], gid: ids[1], home: home === '' ? '/' : home }]
  })
}

/** The groups of an image; none when it has no /etc/group. */
export async function readGroups(tree: FileTree): Promise<Group[]> {
  return (await fields(tree, 'etc/group')).flatMap(([name = '', , gid = '', members = '']) => {
    const id = parseID(gid)
    return id === undefined ? [] : [{ name, gid: id, members: members.split(',').filter((member) => member !== '') }]
  })
}

async function fields(tree: FileTree, path: string): Promise<string[][]> {
  const bytes = await readSmallFile(tree, path, maxBytes)
  const lines = bytes?.toString('utf8').split('\n') ?? []
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.trim().split(':'))
}

/** A decimal user or group id, or undefined. */
export function parseID(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= maxID ? Number(text) : undefined
}
