import {
  asInteger,
  asObject,
  asString,
  type JsonGuard,
  type JsonObject,
  optional,
  recordOf,
  required,
} from '../../shared/base/json.ts'
import { type RowKind, rowKind } from '../../shared/rows/row-kind.ts'
import { parseGun } from '../tuf/gun.ts'
import { parseRole } from '../tuf/role.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import type { CollectionChange } from './collection-types.ts'
import type { CurrentFile, OldFiles } from './types.ts'

/**
 * What the database of a notary holds; the only place that knows. GUN is a collection; ID is one life of it, so that nothing of a
 * collection that was removed is in the way of a new one of that name. Versions and numbers have sixteen digits. Times (`at`) are
 * milliseconds since the epoch.
 *
 * ```
 * format                    {"version":1}
 * collection GUN            {"id","revision","files":{ROLE:{"version","sha256","sha512","length","at","expires"}},"gone"?:{ROLE:VERSION},
 *                           "old":{"bytes","since"}}; `old` is of all files that are no more current: how many bytes, and since when the first of them is not
 * file ID ROLE VERSION      a line of JSON, {"sha256","at"}, and behind it the file as it came
 * hash ID ROLE HASH         VERSION, by sha256 and by sha512
 * old ID AT ROLE VERSION    {"sha256","sha512","length"}: no more current since AT; none for roots, which are kept
 * dead ID                   true: the collection was removed, and its rows are to go
 * change NUMBER             {"at","gun","version","sha256","category"}: a log (log-rows.ts)
 * changed GUN NUMBER        true: which of them are of a collection; written by change-rows.ts alone
 * audit NUMBER              `HASH JSON`: a log of who changed what, each entry with the hash of the one before (shared/audit)
 * start audit               {"number","hash","bytes","since"}: the last entry that was cleared away, and how much there is behind it
 * ```
 */
export interface CollectionRow {
  readonly id: string
  readonly revision: string
  readonly files: Readonly<Record<string, FileEntry>>
  readonly gone?: Readonly<Record<string, number>>
  readonly old: OldFiles
}

interface FileEntry {
  readonly version: number
  readonly sha256: string
  readonly sha512: string
  readonly length: number
  readonly at: number
  readonly expires: number
}

export interface OldRow {
  readonly sha256: string
  readonly sha512: string
  readonly length: number
}

const asEntry: JsonGuard<FileEntry> = (value, place) => {
  const object = asObject(value, place)
  return {
    version: required(object, 'version', place, asInteger),
    sha256: required(object, 'sha256', place, asString),
    sha512: required(object, 'sha512', place, asString),
    length: required(object, 'length', place, asInteger),
    at: required(object, 'at', place, asInteger),
    expires: required(object, 'expires', place, asInteger),
  }
}

const asOld: JsonGuard<OldFiles> = (value, place) => {
  const object = asObject(value, place)
  return {
    bytes: required(object, 'bytes', place, asInteger),
    since: required(object, 'since', place, asInteger),
  }
}

export const collectionRows: RowKind<[gun: string], CollectionRow> = rowKind('collection', (value, place) => {
  const object = asObject(value, place)
  const gone = optional(object, 'gone', place, recordOf(asInteger))
  return {
    id: required(object, 'id', place, asString),
    revision: required(object, 'revision', place, asString),
    files: required(object, 'files', place, recordOf(asEntry)),
    ...(gone !== undefined && { gone }),
    old: required(object, 'old', place, asOld),
  }
})

export const hashRows: RowKind<[id: string, role: string, hash: string], number> = rowKind('hash', asInteger)

export const oldRows: RowKind<[id: string, at: string, role: string, version: string], OldRow> = rowKind(
  'old',
  (value, place) => {
    const object = asObject(value, place)
    return {
      sha256: required(object, 'sha256', place, asString),
      sha512: required(object, 'sha512', place, asString),
      length: required(object, 'length', place, asInteger),
    }
  },
)

export const deadRows: RowKind<[id: string], true> = rowKind('dead', () => true)

/** The log of changes. */
export const changeLog = 'change'

export const changeRows: RowKind<[number: string], Omit<CollectionChange, 'id'>> = rowKind(
  changeLog,
  (value, place) => {
    const object: JsonObject = asObject(value, place)
    const category = required(object, 'category', place, asString)
    return {
      at: required(object, 'at', place, asInteger),
      gun: parseGun(required(object, 'gun', place, asString)),
      version: required(object, 'version', place, asInteger),
      sha256: required(object, 'sha256', place, asString),
      category: category === 'deletion' ? category : 'update',
    }
  },
)

export const changedRows: RowKind<[gun: string, number: string], true> = rowKind('changed', () => true)

/** The files of a row by their roles. */
export function filesOf(row: CollectionRow): ReadonlyMap<RoleName, CurrentFile> {
  return new Map(
    Object.entries(row.files).map(([role, { at, ...file }]) => [parseRole(role), { ...file, storedAt: at }]),
  )
}

/** The collection that a row of {@link collectionRows} is of. */
export function gunOf(key: string): Gun {
  return parseGun(key.slice(collectionRows.prefix().length))
}
