import { resolve } from 'node:path'
import { aloneReader, passphraseVariable } from '../../../notary/server/config/read.ts'
import { configOf, settingsOf } from '../../../registry/server/config/read.ts'
import type { ServerConfig } from '../../../registry/server/config/schema.ts'
import { isPlainObject } from '../../../shared/config/kinds.ts'
import type { ServeNotaryConfig } from '../../serve/serve-notary.ts'
import { dataFolder } from '../data-folder.ts'
import { readConfigFile, sectionOf } from '../serve/config-file.ts'
import { registryPathKeys, withAccounts } from '../serve/load-config.ts'
import { type NotaryFlags, settingsOfFlags } from './flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

const fileVariable = 'IBUILD_NOTARY_CONFIG'

/** Reads flags, environment and file; the first of these that says something about a key counts. Errors: SERVER_CONFIG_INVALID. */
export async function loadNotaryConfig(flags: NotaryFlags, env: Environment): Promise<ServeNotaryConfig> {
  const { [fileVariable]: named, ...variables } = env
  const file = flags.config ?? (named === '' ? undefined : named)
  const { notary, access } = file === undefined ? noSections : sectionsOf(await readConfigFile(file))
  const sources = [
    ...(file === undefined ? [] : [sectionOf(aloneReader, notary, file)]),
    aloneReader.settingsOfEnvironment(variables),
    settingsOfFlags(flags),
  ]
  const config = aloneReader.configOf(sources)
  const hasRoot = flags.root !== undefined || (env['IBUILD_ROOT'] ?? '') !== ''
  const root = hasRoot || config.root === '' ? dataFolder(flags.root, env) : resolve(config.root)
  return {
    config: { ...config, root },
    root,
    passphrase: env[passphraseVariable] || undefined,
    access: accessConfig({ file: file ?? '', value: access, root, trustedProxies: config.trustedProxies }),
  }
}

interface Sections {
  readonly notary: unknown
  /** Those of a registry that say who may do what. */
  readonly access: unknown
}

const noSections: Sections = { notary: {}, access: {} }

function sectionsOf(value: unknown): Sections {
  if (!isPlainObject(value)) return { notary: value, access: {} }
  const { hosts, access, token, ...notary } = value
  return { notary, access: { hosts, access, token } }
}

interface AccessSection {
  readonly file: string
  readonly value: unknown
  readonly root: string
  readonly trustedProxies: readonly string[]
}

function accessConfig({ file, value, root, trustedProxies }: AccessSection): ServerConfig {
  const config = configOf([sectionOf({ settingsOf, pathKeys: registryPathKeys }, value, file)])
  return { ...config, trustedProxies, access: withAccounts(config.access, root) }
}
