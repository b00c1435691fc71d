import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonObject, parseJson } from '../../shared/base/json.ts'
import { parseEngineAddress } from '../../shared/net/engine-address.ts'

const usualHost = 'unix:///var/run/docker.sock'

/**
 * The Docker daemon that was named, or else the one that the docker command would speak to: DOCKER_HOST, else the context that
 * DOCKER_CONTEXT or its settings name, else the usual socket. Errors: USAGE for a context that is not there and for what is no
 * address, NOT_SUPPORTED for TLS and ssh.
 */
export function dockerHost(named?: string): string {
  const host = named ?? findHost()
  parseEngineAddress(host)
  return host
}

function findHost(): string {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context, DOCKER_TLS_VERIFY: verify } = process.env
  if (verify !== undefined && verify !== '')
    throw new IbuildError('NOT_SUPPORTED', 'a Docker daemon behind TLS is not supported (DOCKER_TLS_VERIFY is set)', {
      hint: 'Write an archive with -o type=docker,dest=PATH and load it with docker load.',
    })
  if (host !== undefined && host !== '') return host
  const folder = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const current = context !== undefined && context !== '' ? context : currentContext(folder)
  return current === undefined || current === 'default' ? usualHost : contextHost(folder, current)
}

function currentContext(folder: string): string | undefined {
  const name = readObject(join(folder, 'config.json'))?.['currentContext']
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** Contexts lie under the digest of their name. */
function contextHost(folder: string, name: string): string {
  const file = join(folder, 'contexts/meta', hexOf(digestOf(name)), 'meta.json')
  const endpoints = readObject(file)?.['Endpoints']
  const docker = isObject(endpoints) ? endpoints['docker'] : undefined
  const host = isObject(docker) ? docker['Host'] : undefined
  if (typeof host === 'string' && host !== '') return host
  throw new IbuildError('USAGE', `there is no docker context ${JSON.stringify(name)}`, {
    hint: 'See docker context ls, or set DOCKER_HOST.',
  })
}

function readObject(file: string): JsonObject | undefined {
  try {
    const value = parseJson(readFileSync(file), { what: file })
    return isObject(value) ? value : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
