import { settingsInEnvironment } from '../../../shared/config/environment.ts'
import { configFrom, type Source, settingsIn, shownConfig } from '../../../shared/config/read.ts'
import type { Schema } from '../../../shared/config/schema.ts'
import { type AloneConfig, aloneSchema, type BesideConfig, besideSchema } from './schema.ts'

/** How a configuration of retention is read, of one kind. */
export interface ConfigReader<Config> {
  /** Settings of a plain object as YAML gives it; `file` names it in messages. */
  settingsOf(object: unknown, file: string): Source
  /** Keys whose values are paths. */
  readonly pathKeys: ReadonlySet<string>
  /** Settings of variables, IBUILD_RETENTION_POLICY for `policy`. */
  settingsOfEnvironment(env: Readonly<Record<string, string | undefined>>): Source
  /** Errors: SERVER_CONFIG_INVALID with all problems, one a line. */
  configOf(sources: readonly Source[]): Config
  /** As a plain object to write down. */
  plain(config: Config): object
}

const prefix = 'IBUILD_RETENTION_'
const pathKeys = new Set(['root', 'policy', 'docker.policy', 'store.policy', 'targets', 'signers'])

/** Of retention in the process of a registry, whose configuration has the rest. */
export const besideReader: ConfigReader<BesideConfig> = readerFor(besideSchema, 'retention.', () => [])

/** Of `ibuild gc serve`. */
export const aloneReader: ConfigReader<AloneConfig> = readerFor(aloneSchema, '', contradictionsIn)

function readerFor<Config extends object>(
  schema: Schema<Config>,
  section: string,
  contradictions: (config: Config) => readonly string[],
): ConfigReader<Config> {
  return {
    settingsOf: (object, file) => settingsIn(schema, object, file, section),
    pathKeys,
    settingsOfEnvironment: (env) => settingsInEnvironment(schema, env, { prefix }),
    configOf: (sources) => configFrom(schema, sources, contradictions),
    plain: (config) => shownConfig(schema, config),
  }
}

function contradictionsIn({ docker, store, targets, metrics }: AloneConfig): readonly string[] {
  const hasNothing = docker.host === '' && !store.enabled && targets.length === 0
  return [
    ...(hasNothing ? ['docker.host, store.enabled and targets: nothing is looked after, name something'] : []),
    ...(docker.policy !== '' && docker.host === '' ? ['docker.policy: is used with docker.host only'] : []),
    ...(store.policy !== '' && !store.enabled ? ['store.policy: is used with store.enabled only'] : []),
    ...(!metrics.enabled && metrics.listen !== '' ? ['metrics.listen: is used with metrics.enabled only'] : []),
  ]
}
