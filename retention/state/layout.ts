import { join } from 'node:path'
import type { Source } from '../facts.ts'

/**
 * What retention keeps below the data folder:
 *
 * ```
 * ROOT/retention/
 *   registry/db   versions of the policy, plans, runs, the trash and the audit log of one source: an embedded database
 *   store/db      the same of the builder's own images
 *   docker/db     the same of a Docker daemon
 *   admin.sock    where a server that runs is reached by whoever runs it
 * ```
 */
export interface RetentionLayout {
  readonly folder: string
  readonly adminSocket: string
  /** The folder of a database. */
  database(source: Source): string
}

export function retentionLayout(root: string): RetentionLayout {
  const folder = join(root, 'retention')
  return {
    folder,
    adminSocket: join(folder, 'admin.sock'),
    database: (source) => join(folder, source, 'db'),
  }
}
