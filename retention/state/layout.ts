import { join } from 'node:path'
import type { Source } from '../facts.ts'

/**
 * What retention keeps below the data folder:
 *
 * ```
 * ROOT/retention/
 *   registry/db        versions of the policy, plans, runs, the trash and the audit log of one source: an embedded database
 *   store/db           the same of the builder's own images
 *   docker/DAEMON/db   the same of a Docker daemon, which each has for itself
 *   docker/db          of the time when all daemons shared one: the next that is looked after takes it over
 *   targets/db         when the policies of registries elsewhere were run from here
 *   admin.sock         where a server that runs is reached by whoever runs it
 * ```
 */
export interface RetentionLayout {
  readonly folder: string
  readonly adminSocket: string
  /** The folder of a database. `daemon` names one of several Docker daemons. */
  database(source: Source, daemon?: string): string
  /** The folder of the database about registries elsewhere. */
  readonly targets: string
}

export function retentionLayout(root: string): RetentionLayout {
  const folder = join(root, 'retention')
  return {
    folder,
    adminSocket: join(folder, 'admin.sock'),
    database: (source, daemon = '') => join(folder, source, daemon, 'db'),
    targets: join(folder, 'targets', 'db'),
  }
}
