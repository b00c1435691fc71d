import type { Slots } from '../../shared/base/slots.ts'
import type { Log } from '../../shared/log/log.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { ReadPolicy } from '../policy/read-policy.ts'
import type { Inventory } from '../ports.ts'

/** What the pieces of the service have in common. */
export interface Parts {
  readonly inventory: Inventory
  readonly rows: RowStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A new ID behind all before. */
  readonly newID: () => string
  readonly readPolicy: (text: string) => ReadPolicy
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** One at a time for what looks at the trash and then changes it. */
  readonly turn: Slots
}

/** The disk of what is looked after, in bytes. */
export interface DiskSpace {
  readonly free: number
  readonly size: number
}
