import { settingsInEnvironment } from '../../../shared/config/environment.ts'
import { configFrom, type Source, settingsIn, shownConfig } from '../../../shared/config/read.ts'
import type { Schema } from '../../../shared/config/schema.ts'
import { contradictionsIn } from './contradictions.ts'
import { type AloneConfig, aloneSchema, type NotaryConfig, notarySchema } from './schema.ts'

/** How a configuration of the notary is read, of one kind. */
export interface ConfigReader<Config> {
  /** Settings of a plain object as YAML gives it; `file` names it in messages. */
  settingsOf(object: unknown, file: string): Source
  /** Keys whose values are paths. */
  readonly pathKeys: ReadonlySet<string>
  /** Settings of variables, IBUILD_NOTARY_LISTEN for `listen`. */
  settingsOfEnvironment(env: Readonly<Record<string, string | undefined>>): Source
  /** Errors: SERVER_CONFIG_INVALID with all problems, one a line. */
  configOf(sources: readonly Source[]): Config
  /** As a plain object to write down. */
  plain(config: Config): object
}

/** Secret, so it is no key that is shown. */
export const passphraseVariable = 'IBUILD_NOTARY_SIGNER_PASSPHRASE'
const prefix = 'IBUILD_NOTARY_'
const pathKeys = new Set([
  'root',
  'tls.certificate',
  'tls.key',
  'tls.clientCA',
  'signer.keyFile',
  'signer.passphraseFile',
  'signer.ca',
  'signer.certificate',
  'signer.key',
])

function readerFor<Config extends NotaryConfig>(schema: Schema<Config>, section: string): ConfigReader<Config> {
  return {
    settingsOf: (object, file) => settingsIn(schema, object, file, section),
    pathKeys,
    settingsOfEnvironment: (env) => settingsInEnvironment(schema, { ...env, [passphraseVariable]: '' }, { prefix }),
    configOf: (sources) => configFrom(schema, sources, contradictionsIn),
    plain: (config) => shownConfig(schema, config),
  }
}

/** Of the notary in the process of a registry, whose configuration has the rest. */
export const besideReader: ConfigReader<NotaryConfig> = readerFor(notarySchema, 'notary.')
/** Of a notary that runs alone. */
export const aloneReader: ConfigReader<AloneConfig> = readerFor(aloneSchema, '')
