import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { BackupPart } from './backup-parts.ts'

/** What of the data folder goes into a backup beside the registry; others know what it is. */
export interface FurtherParts {
  readonly databases: readonly FurtherDatabase[]
  /** Of those whose names nobody knows beforehand: what such a name means, undefined for none of them. */
  readonly named?: (name: string) => FurtherDatabase | undefined
  /** Of kinds `tree` and `files`. */
  readonly files: readonly BackupPart[]
}

/** A database whose rows go into a backup, all of them, as they are. */
export interface FurtherDatabase {
  /** Among members: small letters, and hyphens between them. */
  readonly name: string
  /** Below the data folder. */
  readonly path: string
  readonly kind: DatabaseKind
}

/** Such a database as it was at one moment. */
export interface HeldDatabase {
  readonly name: string
  /** In the order of keys, page by page; once. */
  rows(): AsyncIterable<readonly Row[]>
}
