import { resolve } from 'node:path'
import { aloneReader } from '../../../retention/server/config/read.ts'
import type { ServeRetentionConfig } from '../../serve/serve-retention.ts'
import { dataFolder } from '../data-folder.ts'
import { readConfigFile, sectionOf } from '../serve/config-file.ts'

export interface ServeGcFlags {
  readonly root?: string
  readonly config?: string
  readonly checkConfig?: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const fileVariable = 'IBUILD_RETENTION_CONFIG'

/** Reads flags, environment and file; the first of these that says something about a key counts. Errors: SERVER_CONFIG_INVALID. */
export async function loadServeConfig(flags: ServeGcFlags, env: Environment): Promise<ServeRetentionConfig> {
  const { [fileVariable]: named, ...variables } = env
  const file = flags.config ?? (named === '' ? undefined : named)
  const sources = [
    ...(file === undefined ? [] : [sectionOf(aloneReader, await readConfigFile(file), file)]),
    aloneReader.settingsOfEnvironment(variables),
  ]
  const config = aloneReader.configOf(sources)
  const hasRoot = flags.root !== undefined || (env['IBUILD_ROOT'] ?? '') !== ''
  const root = hasRoot || config.root === '' ? dataFolder(flags.root, env) : resolve(config.root)
  return { config: { ...config, root }, root }
}
