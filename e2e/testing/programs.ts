import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where `scripts/peers.ts` puts the programs that it builds: outside the repository, so that a new clone finds them. */
export function peersFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(process.env['IBUILD_PEERS'] ?? join(cache, 'ibuild-peers'), 'bin')
}

/** Absolute path of a program in the peers folder, PATH or the folders for administrators; undefined when it is nowhere. */
export function findProgram(name: string): string | undefined {
  const folders = [
    peersFolder(),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** As {@link findProgram}; a missing program is an error. */
export function requireProgram(name: string): string {
  const path = findProgram(name)
  if (path === undefined)
    throw new Error(`${name} is not installed; \`npm run setup -- peers\` installs what the tests use`)
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
