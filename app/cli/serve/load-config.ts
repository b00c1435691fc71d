import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { besideReader, passphraseVariable } from '../../../notary/server/config/read.ts'
import {
  isDistribution,
  settingsOfDistribution,
  settingsOfDistributionEnvironment,
} from '../../../registry/server/config/distribution.ts'
import { settingsOfEnvironment } from '../../../registry/server/config/environment.ts'
import { configOf, settingsOf } from '../../../registry/server/config/read.ts'
import type { ServerConfig } from '../../../registry/server/config/schema.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { besideReader as retentionReader } from '../../../retention/server/config/read.ts'
import type { BesideConfig as RetentionConfig } from '../../../retention/server/config/schema.ts'
import { isPlainObject } from '../../../shared/config/kinds.ts'
import type { Source } from '../../../shared/config/read.ts'
import type { BesideConfig } from '../../serve/beside-notary.ts'
import { dataFolder } from '../data-folder.ts'
import { readConfigFile, sectionOf, withAbsolutePaths } from './config-file.ts'
import { notarySettingsOf, type ServeFlags, settingsOfFlags } from './flags.ts'

/** What a server is to be started, or to go on, with. */
export interface LoadedConfig {
  readonly config: ServerConfig
  /** Data folder, absolute. */
  readonly root: string
  /** To which paths in the file are relative: its own, or without a file the one in which the command runs. */
  readonly folder: string
  /** What was not used of the file and the environment, one sentence each. */
  readonly notices: readonly string[]
  /** Undefined for a registry that runs alone. */
  readonly notary: BesideConfig | undefined
  readonly retention: RetentionConfig
}

type Environment = Readonly<Record<string, string | undefined>>

const fileVariable = 'IBUILD_REGISTRY_CONFIG'

/** Reads flags, environment and file; the first of these that says something about a key counts. Errors: SERVER_CONFIG_INVALID. */
export async function loadConfig(flags: ServeFlags, env: Environment, withNotary = false): Promise<LoadedConfig> {
  const { [fileVariable]: named, ...variables } = env
  const path = flags.config ?? (named === '' ? undefined : named)
  const file = path === undefined ? undefined : { path, ...sections(await readConfigFile(path)) }
  const hasRoot = flags.root !== undefined || (env['IBUILD_ROOT'] ?? '') !== ''
  const sources = [
    ...(file === undefined ? [] : [sourceOfFile(file.path, file.registry, hasRoot)]),
    settingsOfDistributionEnvironment(variables, { hasRoot }),
    settingsOfEnvironment(variables),
    settingsOfFlags(flags),
  ]
  const config = configOf(sources)
  const root = hasRoot || config.root === '' ? dataFolder(flags.root, env) : resolve(config.root)
  return {
    config: { ...config, root, access: withAccounts(config.access, root) },
    root,
    folder: resolve(path === undefined ? '.' : dirname(path)),
    notices: sources.flatMap(({ notices }) => notices),
    notary: withNotary ? notaryConfig(file, { flags, env: variables }) : undefined,
    retention: retentionConfigOf(file, variables),
  }
}

interface Sections {
  readonly registry: unknown
  readonly notary: unknown
  readonly retention: unknown
}

/** The notary and retention have sections of their own in the file of the registry. */
function sections(value: unknown): Sections {
  if (!isPlainObject(value)) return { registry: value, notary: undefined, retention: undefined }
  const { notary, retention, ...registry } = value
  return { registry, notary, retention }
}

function retentionConfigOf(
  file: { readonly path: string; readonly retention: unknown } | undefined,
  env: Environment,
): RetentionConfig {
  const inFile = file === undefined ? [] : [sectionOf(retentionReader, file.retention, file.path)]
  return retentionReader.configOf([...inFile, retentionReader.settingsOfEnvironment(env)])
}

function notaryConfig(
  file: { readonly path: string; readonly notary: unknown } | undefined,
  { flags, env }: { readonly flags: ServeFlags; readonly env: Environment },
): BesideConfig {
  const inFile = file === undefined ? [] : [sectionOf(besideReader, file.notary, file.path)]
  const sources = [...inFile, besideReader.settingsOfEnvironment(env), notarySettingsOf(flags)]
  return {
    config: besideReader.configOf(sources),
    isListenSaid: sources.some(({ settings }) => settings.has('listen')),
    passphrase: env[passphraseVariable] || undefined,
  }
}

/** Accounts that were made in the data folder are asked for without a word in the configuration. */
export function withAccounts(access: ServerConfig['access'], root: string): ServerConfig['access'] {
  const { htpasswd } = registryLayout(root)
  return access.htpasswd === '' && existsSync(htpasswd) ? { ...access, htpasswd } : access
}

function sourceOfFile(file: string, value: unknown, hasRoot: boolean): Source {
  const source = isDistribution(value) ? settingsOfDistribution(value, file, { hasRoot }) : settingsOf(value, file)
  return withAbsolutePaths(source, file, registryPathKeys)
}

/** Keys whose values are paths. */
export const registryPathKeys: ReadonlySet<string> = new Set([
  'root',
  'access.htpasswd',
  'tls.certificate',
  'tls.key',
  'tls.clientCA',
  'token.issuers',
  'events.endpoints',
])
