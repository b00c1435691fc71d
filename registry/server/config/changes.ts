import { type Changes, changesIn, takenOf, withTaken } from '../../../shared/config/changes.ts'
import { type ServerConfig, serverSchema } from './schema.ts'

/** Compares the configuration in force with a new one. */
export function changesBetween(before: ServerConfig, after: ServerConfig): Changes {
  return changesIn(serverSchema, { before, after }, takenOf(before, after))
}

/** The configuration in force after a reload: of `after` what is live, else as `before`. */
export function withLive(before: ServerConfig, after: ServerConfig): ServerConfig {
  return withTaken(serverSchema, { before, after }, takenOf(before, after))
}
