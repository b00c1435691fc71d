import { join } from 'node:path'
import type { Source } from '../../retention/facts.ts'
import { retentionDatabase } from '../../retention/state/open-state.ts'
import type { KeptDatabase } from './kept-database.ts'

const sources: readonly Source[] = ['registry', 'store', 'docker']

/**
 * Databases of retention in a data folder. They go into a backup after the registry: an entry of the trash whose tag is still there does no
 * harm, and a tag that is gone without an entry could not come back.
 */
export const retentionDatabases: readonly KeptDatabase[] = sources.map((source) => ({
  name: `gc-${source}`,
  path: `retention/${source}/db`,
  socket: `retention/${source}/rows.sock`,
  kind: retentionDatabase,
}))

/** What no backup has, and why. */
export const retentionLeftOut: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'retention/admin.sock', why: 'a socket' },
  ...sources.map((source) => ({ path: `retention/${source}/rows.sock`, why: 'a socket' })),
]

/** Where the process that has the state of a source open gives its rows. */
export function retentionSocket(root: string, source: Source): string {
  return join(root, 'retention', source, 'rows.sock')
}
