import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Source, sources } from '../../retention/facts.ts'
import { retentionDatabase } from '../../retention/state/open-state.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { isDaemonName } from './daemon-name.ts'
import type { KeptDatabase } from './kept-database.ts'

const targets = 'targets'
const ofDaemon = 'docker-'

/**
 * Databases of retention in a data folder. They go into a backup after the registry: an entry of the trash whose tag is still there does no
 * harm, and a tag that is gone without an entry could not come back. Those of Docker daemons are not among them.
 */
export const retentionDatabases: readonly KeptDatabase[] = [...sources, targets].map((name) =>
  databaseAt(`gc-${name}`, name),
)

/** All of these in a data folder that may be there, with those of its Docker daemons. */
export function retentionDatabasesIn(root: string): readonly KeptDatabase[] {
  const daemons = namesIn(join(root, 'retention', 'docker')).filter(isDaemonName)
  return [...retentionDatabases, ...daemons.sort().map((name) => daemonDatabase(name))]
}

/** The database of a Docker daemon, by its name in a backup. */
export function namedRetentionDatabase(name: string): KeptDatabase | undefined {
  const daemon = name.startsWith(ofDaemon) ? name.slice(ofDaemon.length) : ''
  return isDaemonName(daemon) ? daemonDatabase(daemon) : undefined
}

/** What no backup has, and why. */
export const retentionLeftOut: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'retention/admin.sock', why: 'a socket' },
  ...retentionDatabases.map(({ socket }) => ({ path: socket, why: 'a socket' })),
]

/** Where the process that has the state of a source open gives its rows; `daemon` names one of several Docker daemons. */
export function retentionSocket(root: string, source: Source, daemon = ''): string {
  return join(root, 'retention', source, daemon, 'rows.sock')
}

/** The same for what is remembered of registries elsewhere. */
export function targetsSocket(root: string): string {
  return join(root, 'retention', targets, 'rows.sock')
}

function daemonDatabase(name: string): KeptDatabase {
  return databaseAt(`${ofDaemon}${name}`, `docker/${name}`)
}

function databaseAt(name: string, folder: string): KeptDatabase {
  return {
    name,
    path: `retention/${folder}/db`,
    socket: `retention/${folder}/rows.sock`,
    kind: retentionDatabase,
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
