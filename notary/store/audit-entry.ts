import type { Audited } from '../../shared/audit/chained-line.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  type JsonGuard,
  optional,
  recordOf,
  required,
} from '../../shared/base/json.ts'
import type { Caller } from './collection-types.ts'

/** What somebody did to a collection. */
export interface AuditEntry extends Audited, Caller {
  /**
   * `publish`: files were made current; `import`: taken over from another server; `rotate`: a key of the server was asked for, which the
   * next root may have; `delete`: the collection was removed.
   */
  readonly action: 'publish' | 'import' | 'rotate' | 'delete'
  readonly gun: string
  /** By role: what became current, also what the server signed. Empty for a deletion. */
  readonly files?: Readonly<Record<string, AuditedFile>>
  /** Roles that the collection has no more. */
  readonly dropped?: readonly string[]
  /** The key that was asked for, and for which role. */
  readonly key?: { readonly role: string; readonly id: string }
}

interface AuditedFile {
  readonly version: number
  /** Hex. */
  readonly sha256: string
}

const asFile: JsonGuard<AuditedFile> = (value, at) => {
  const object = asObject(value, at)
  return { version: required(object, 'version', at, asInteger), sha256: required(object, 'sha256', at, asString) }
}

const asKey: JsonGuard<NonNullable<AuditEntry['key']>> = (value, at) => {
  const object = asObject(value, at)
  return { role: required(object, 'role', at, asString), id: required(object, 'id', at, asString) }
}

const actions: ReadonlyMap<string, AuditEntry['action']> = new Map(
  (['publish', 'import', 'rotate', 'delete'] as const).map((action) => [action, action]),
)

export const asAuditEntry: JsonGuard<AuditEntry> = (value, at) => {
  const object = asObject(value, at)
  const [account, address] = ['account', 'address'].map((name) => optional(object, name, at, asString))
  const files = optional(object, 'files', at, recordOf(asFile))
  const dropped = optional(object, 'dropped', at, arrayOf(asString))
  const key = optional(object, 'key', at, asKey)
  const action = actions.get(required(object, 'action', at, asString))
  if (action === undefined) throw new Error('an unknown action')
  return {
    at: required(object, 'at', at, asInteger),
    action,
    gun: required(object, 'gun', at, asString),
    ...(account !== undefined && { account }),
    ...(address !== undefined && { address }),
    ...(files !== undefined && { files }),
    ...(dropped !== undefined && { dropped }),
    ...(key !== undefined && { key }),
  }
}
