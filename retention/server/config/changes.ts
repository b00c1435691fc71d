import { type Changes, changesIn, withTaken } from '../../../shared/config/changes.ts'
import type { NamedKey } from '../../../shared/config/schema.ts'
import { type BesideConfig, besideSchema } from './schema.ts'

const isTaken = ({ isLive }: NamedKey): boolean => isLive

/** Compares the configuration in force with a new one. */
export function changesBetween(before: BesideConfig, after: BesideConfig): Changes {
  return changesIn(besideSchema, { before, after }, isTaken)
}

/** The configuration in force after a reload: of `after` what is live, else as `before`. */
export function withLive(before: BesideConfig, after: BesideConfig): BesideConfig {
  return withTaken(besideSchema, { before, after }, isTaken)
}
