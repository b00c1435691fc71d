import { nested, valueAt } from './read.ts'
import { keys, type ServerConfig } from './schema.ts'

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
  const paths = (isLive: boolean): string[] => changed.filter((key) => key.isLive === isLive).map(({ path }) => path)
  return { live: paths(true), atRestart: paths(false) }
}

/** The configuration in force after a reload: of `after` what is live, else as `before`. */
export function withLive(before: ServerConfig, after: ServerConfig): ServerConfig {
  return nested(Object.fromEntries(keys.map(({ path, isLive }) => [path, valueAt(isLive ? after : before, path)])))
}
