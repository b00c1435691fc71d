import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  isDistribution,
  settingsOfDistribution,
  settingsOfDistributionEnvironment,
} from '../../../registry/server/config/distribution.ts'
import { settingsOfEnvironment } from '../../../registry/server/config/environment.ts'
import { configOf, settingsOf } from '../../../registry/server/config/read.ts'
import type { ServerConfig } from '../../../registry/server/config/schema.ts'
import { registryLayout } from '../../../registry/storage/layout.ts'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import { isPlainObject } from '../../../shared/config/kinds.ts'
import type { Setting, Source } from '../../../shared/config/read.ts'
import { dataFolder } from '../data-folder.ts'
import { parseYaml } from '../yaml-text.ts'
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
const largestFile = 1024 * 1024

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
  const parsed = parseYaml(await readConfig(file))
  if ('problem' in parsed) throw new IbuildError('SERVER_CONFIG_INVALID', `${file}: ${parsed.problem}`)
  const value = parsed.value ?? {}
  const source = isDistribution(value) ? settingsOfDistribution(value, file, { hasRoot }) : settingsOf(value, file)
  return { ...source, settings: withAbsolutePaths(source.settings, dirname(resolve(file))) }
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

/** Paths in a file are relative to its folder: a server may be started from anywhere. */
function withAbsolutePaths(settings: Source['settings'], folder: string): Source['settings'] {
  const absolute = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(absolute)
    if (isPlainObject(value)) return withAbsoluteFiles(value, absolute)
    return typeof value === 'string' && value !== '' && !/^https?:/i.test(value) ? resolve(folder, value) : value
  }
  return new Map(
    [...settings].map(([path, { value, origin }]): [string, Setting] => [
      path,
      { value: pathKeys.has(path) ? absolute(value) : value, origin },
    ]),
  )
}

const fileKeys = ['keys', 'secretFile', 'caFile']

/** Of a map in a list, as issuers of tokens and endpoints of events are. */
function withAbsoluteFiles(map: object, absolute: (value: unknown) => unknown): object {
  return Object.fromEntries(
    Object.entries(map).map(([name, one]) => [name, fileKeys.includes(name) ? absolute(one) : one]),
  )
}

async function readConfig(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(largestFile + 1), 0, largestFile + 1, 0)
      if (bytesRead > largestFile) throw new IbuildError('SERVER_CONFIG_INVALID', `${file}: has more than 1 MiB`)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof IbuildError) throw cause
    throw new IbuildError('SERVER_CONFIG_INVALID', `${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, {
      cause,
    })
  }
}
