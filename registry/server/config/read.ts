import { configFrom, type Source, settingsIn, shownConfig } from '../../../shared/config/read.ts'
import { contradictionsIn } from './contradictions.ts'
import { type ServerConfig, serverSchema } from './schema.ts'

/** Settings of a plain object as YAML gives it; see {@link settingsIn}. */
export function settingsOf(object: unknown, file: string): Source {
  return settingsIn(serverSchema, object, file)
}

/** The configuration that settings make; see {@link configFrom}. Errors: SERVER_CONFIG_INVALID with all problems, one a line. */
export function configOf(sources: readonly Source[]): ServerConfig {
  return configFrom(serverSchema, sources, contradictionsIn)
}

/** A configuration as a plain object to write down: all keys, as one would write them. */
export function plainConfig(config: ServerConfig): object {
  return shownConfig(serverSchema, config)
}
