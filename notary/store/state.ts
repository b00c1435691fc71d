import { randomBytes } from 'node:crypto'
import type { Row } from '../../shared/rows/row-store.ts'
import { parseRole } from '../tuf/role.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import { type CollectionRow, collectionRows, filesOf, gunOf } from './rows.ts'
import type { CollectionState, CurrentFile, OldFiles, Publication } from './types.ts'

/** Of roles that a collection has no more, so many are remembered. */
const mostGone = 1000

/** The collection that a row tells of. STORE_INVALID when it is damaged. */
export function stateOf({ key, value }: Row): CollectionState {
  const row = collectionRows.parse(key, value)
  const gone = Object.entries(row.gone ?? {}).map(([role, version]) => [parseRole(role), version] as const)
  return {
    gun: gunOf(key),
    id: row.id,
    revision: row.revision,
    stored: value,
    files: filesOf(row),
    gone: new Map(gone),
    old: row.old,
  }
}

/** The collection after a publication, and the row that tells of it; `old` is what is kept beside then. */
export function published(
  gun: Gun,
  { before, files, dropped = [], at }: Publication,
  old: OldFiles,
): { readonly row: Row; readonly state: CollectionState } {
  const current = new Map(before?.files)
  const gone = new Map(before?.gone)
  for (const role of dropped) {
    const version = current.get(role)?.version
    if (version !== undefined) gone.delete(role) // so that it comes last
    if (version !== undefined) gone.set(role, version)
    current.delete(role)
  }
  for (const { role, version, sha256, sha512, bytes, expires } of files) {
    current.set(role, { version, sha256, sha512, length: bytes.length, storedAt: at, expires })
    gone.delete(role)
  }
  const remembered = new Map([...gone].slice(-mostGone))
  const named = { gun, id: before?.id ?? newName(), revision: newName() }
  const state = { ...named, files: current, gone: remembered, old }
  const row = rowOf(state)
  return { row, state: { ...state, stored: row.value } }
}

function rowOf({ gun, id, revision, files, gone, old }: Omit<CollectionState, 'stored'>): Row {
  const row: CollectionRow = {
    id,
    revision,
    files: Object.fromEntries([...files].map(entryOf)),
    ...(gone.size > 0 && { gone: Object.fromEntries(gone) }),
    old,
  }
  return collectionRows.row([gun], row)
}

function entryOf([role, { storedAt, ...file }]: readonly [RoleName, CurrentFile]): [
  string,
  CollectionRow['files'][string],
] {
  return [role, { ...file, at: storedAt }]
}

/** Files that a publication leaves behind: those it replaces or drops, without roots. */
export function supersededBy({ before, files, dropped = [] }: Publication): (readonly [RoleName, CurrentFile])[] {
  const roles = [...files.map(({ role }) => role), ...dropped]
  return roles.flatMap((role) => {
    const file = role === 'root' ? undefined : before?.files.get(role)
    return file === undefined ? [] : [[role, file] as const]
  })
}

function newName(): string {
  return randomBytes(9).toString('base64url')
}
