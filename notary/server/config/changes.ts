import { type Changes, changesIn, takenOf, withTaken } from '../../../shared/config/changes.ts'
import { type NotaryConfig, notarySchema } from './schema.ts'

/** Compares the configuration in force with a new one. */
export function changesBetween(before: NotaryConfig, after: NotaryConfig): Changes {
  return changesIn(notarySchema, { before, after }, takenOf(before, after))
}

/** The configuration in force after a reload: of `after` what is live, else as `before`. */
export function withLive(before: NotaryConfig, after: NotaryConfig): NotaryConfig {
  return withTaken(notarySchema, { before, after }, takenOf(before, after))
}
