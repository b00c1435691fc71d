import { resolve } from 'node:path'
import { aloneReader, passphraseVariable } from '../../../notary/server/config/read.ts'
import type { ServeNotaryConfig } from '../../serve/serve-notary.ts'
import { dataFolder } from '../data-folder.ts'
import { readConfigFile, withAbsolutePaths } from '../serve/config-file.ts'
import { type NotaryFlags, settingsOfFlags } from './flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

const fileVariable = 'IBUILD_NOTARY_CONFIG'

/** Reads flags, environment and file; the first of these that says something about a key counts. Errors: SERVER_CONFIG_INVALID. */
export async function loadNotaryConfig(flags: NotaryFlags, env: Environment): Promise<ServeNotaryConfig> {
  const { [fileVariable]: named, ...variables } = env
  const file = flags.config ?? (named === '' ? undefined : named)
  const sources = [
    ...(file === undefined ? [] : [await sourceOfFile(file)]),
    aloneReader.settingsOfEnvironment(variables),
    settingsOfFlags(flags),
  ]
  const config = aloneReader.configOf(sources)
  const hasRoot = flags.root !== undefined || (env['IBUILD_ROOT'] ?? '') !== ''
  const root = hasRoot || config.root === '' ? dataFolder(flags.root, env) : resolve(config.root)
  return { config: { ...config, root }, root, passphrase: env[passphraseVariable] || undefined }
}

async function sourceOfFile(file: string): Promise<ReturnType<typeof aloneReader.settingsOf>> {
  const source = aloneReader.settingsOf(await readConfigFile(file), file)
  return { ...source, settings: withAbsolutePaths(source.settings, file, aloneReader.pathKeys) }
}
