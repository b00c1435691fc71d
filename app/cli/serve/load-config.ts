import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  isDistribution,
  settingsOfDistribution,
  settingsOfDistributionEnvironment,
} from '../../../registry/server/config/distribution.ts'
import { settingsOfEnvironment } from '../../../registry/server/config/environment.ts'
import { configOf, settingsOf } from '../../../registry/server/config/read.ts'
import type { ServerConfig } from '../../../registry/server/config/schema.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import type { Source } from '../../../shared/config/read.ts'
import { dataFolder } from '../data-folder.ts'
import { readConfigFile, withAbsolutePaths } from './config-file.ts'
import { type ServeFlags, settingsOfFlags } from './flags.ts'

/** What a server is to be started, or to go on, with. */
export interface LoadedConfig {
  readonly config: ServerConfig
  /** Data folder, absolute. */
  readonly root: string
  /** What was not used of the file and the environment, one sentence each. */
  readonly notices: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

const fileVariable = 'IBUILD_REGISTRY_CONFIG'

/** Reads flags, environment and file; the first of these that says something about a key counts. Errors: SERVER_CONFIG_INVALID. */
export async function loadConfig(flags: ServeFlags, env: Environment): Promise<LoadedConfig> {
  const { [fileVariable]: named, ...variables } = env
  const file = flags.config ?? (named === '' ? undefined : named)
  const hasRoot = flags.root !== undefined || (env['IBUILD_ROOT'] ?? '') !== ''
  const sources = [
    ...(file === undefined ? [] : [await sourceOfFile(file, hasRoot)]),
    settingsOfDistributionEnvironment(variables, { hasRoot }),
    settingsOfEnvironment(variables),
    settingsOfFlags(flags),
  ]
  const config = configOf(sources)
  const root = hasRoot || config.root === '' ? dataFolder(flags.root, env) : resolve(config.root)
  return {
    config: { ...config, root, access: withAccounts(config.access, root) },
    root,
    notices: sources.flatMap(({ notices }) => notices),
  }
}

/** Accounts that were made in the data folder are asked for without a word in the configuration. */
function withAccounts(access: ServerConfig['access'], root: string): ServerConfig['access'] {
  const { htpasswd } = registryLayout(root)
  return access.htpasswd === '' && existsSync(htpasswd) ? { ...access, htpasswd } : access
}

async function sourceOfFile(file: string, hasRoot: boolean): Promise<Source> {
  const value = await readConfigFile(file)
  const source = isDistribution(value) ? settingsOfDistribution(value, file, { hasRoot }) : settingsOf(value, file)
  return { ...source, settings: withAbsolutePaths(source.settings, file, pathKeys) }
}

const pathKeys = new Set([
  'root',
  'access.htpasswd',
  'tls.certificate',
  'tls.key',
  'tls.clientCA',
  'token.issuers',
  'events.endpoints',
])
