import { nested, valueAt } from './read.ts'
import { keys, type NamedKey, type ServerConfig } from './schema.ts'

/** What a reload changes at once, and what waits for the next start: paths of keys. */
export interface Changes {
  readonly live: readonly string[]
  readonly atRestart: readonly string[]
}

/** Compares the configuration in force with a new one. */
export function changesBetween(before: ServerConfig, after: ServerConfig): Changes {
  const changed = keys.filter(
    ({ path }) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path)),
  )
  const isTaken = isTakenFrom(before, after)
  const paths = (isLive: boolean): string[] => changed.filter((key) => isTaken(key) === isLive).map(({ path }) => path)
  return { live: paths(true), atRestart: paths(false) }
}

/** The configuration in force after a reload: of `after` what is live, else as `before`. */
export function withLive(before: ServerConfig, after: ServerConfig): ServerConfig {
  const isTaken = isTakenFrom(before, after)
  return nested(Object.fromEntries(keys.map((key) => [key.path, valueAt(isTaken(key) ? after : before, key.path)])))
}

/** Which keys a reload takes: the files of a certificate belong to a mode, and wait with it. */
function isTakenFrom(before: ServerConfig, after: ServerConfig): (key: NamedKey) => boolean {
  const isSameMode = before.tls.mode === after.tls.mode
  return ({ path, isLive }) => isLive && (isSameMode || !path.startsWith('tls.'))
}
