import type { Stats } from 'node:fs'
import type { EntryType } from '../layers/entry.ts'
import type { RecordPlace } from './hash-cache-file.ts'

/** What was found at a path. */
export interface Found {
  readonly type: EntryType
  readonly stats: Stats
  /** The text of a symlink. */
  readonly linkname: string
  /** What was remembered of it. */
  readonly remembered: RecordPlace | undefined
  /** What was learned just now, when nothing was remembered. */
  readonly learned: Learned | undefined
}

/** What a record of a path needs beyond its stat. */
export interface Learned {
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  readonly mtime: bigint
  /** The time before it was read, milliseconds. */
  readonly readAt: number
}
