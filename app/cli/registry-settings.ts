import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type HostSettings,
  mergeHostSettings,
  parseDaemonSettings,
  parseRegistriesFile,
} from '../../registry/client/hosts/settings.ts'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { type JsonValue, parseJson } from '../../shared/base/json.ts'
import { parseYaml } from '../../shared/config/yaml-text.ts'
import { configFolder, type Environment, homeOf } from './config-folder.ts'

export type { Environment } from './config-folder.ts'

const daemonFile = '/etc/docker/daemon.json'

/**
 * What is said of registries: in the file that IBUILD_REGISTRIES names, else in `ibuild/registries.yaml` of the user and in
 * that of the system; then what Docker's daemon was told. Errors: REGISTRIES_INVALID.
 */
export function readHostSettings(env: Environment, onNotice: (text: string) => void): HostSettings {
  const named = env['IBUILD_REGISTRIES'] || undefined
  const own =
    named === undefined
      ? usualFiles(env).map((file) => readRegistriesFile(file))
      : [readRegistriesFile(named, 'must be there')]
  return [...own, readDaemonFile(onNotice)].filter((settings) => settings !== undefined).reduce(mergeHostSettings)
}

function usualFiles(env: Environment): string[] {
  return [join(configFolder(env), 'ibuild/registries.yaml'), '/etc/ibuild/registries.yaml']
}

function readRegistriesFile(file: string, presence?: 'must be there'): HostSettings | undefined {
  const text = readText(file)
  if (text === undefined) {
    if (presence === undefined) return undefined
    throw new IbuildError('REGISTRIES_INVALID', `IBUILD_REGISTRIES names ${file}, which is not there`)
  }
  const parsed = parseYaml(text)
  if ('problem' in parsed) throw new IbuildError('REGISTRIES_INVALID', `${file}: ${parsed.problem}`)
  return parseRegistriesFile(asJson(parsed.value), file)
}

/** YAML has dates and more beside what JSON has. */
function asJson(value: unknown): JsonValue {
  return parseJson(JSON.stringify(value ?? null), { what: 'settings' })
}

/** A file of another program: when it cannot be read, that is told, and no more. */
function readDaemonFile(onNotice: (text: string) => void): HostSettings {
  try {
    const text = readText(daemonFile)
    return parseDaemonSettings(text === undefined ? null : parseJson(text, { what: daemonFile }))
  } catch (error) {
    if (!isIbuildError(error)) throw error
    onNotice(`${daemonFile} is not heeded: ${error.message}`)
    return parseDaemonSettings(null)
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** Folders with certificates for hosts, those of the user first. */
export function certificateFolders(env: Environment): string[] {
  const own = [join(homeOf(env), '.docker/certs.d'), join(configFolder(env), 'containers/certs.d')]
  return [...own, '/etc/docker/certs.d', '/etc/containers/certs.d']
}

/** Docker's file with credentials, which login writes to. */
export function dockerConfigFile(env: Environment): string {
  return join(env['DOCKER_CONFIG'] || join(homeOf(env), '.docker'), 'config.json')
}

/** All files with credentials; after Docker's those of podman and its kin. */
export function credentialFiles(env: Environment): string[] {
  const runtime = env['XDG_RUNTIME_DIR'] || undefined
  const containers = env['REGISTRY_AUTH_FILE'] || (runtime && join(runtime, 'containers/auth.json'))
  return [dockerConfigFile(env), ...(containers ? [containers] : []), join(configFolder(env), 'containers/auth.json')]
}
