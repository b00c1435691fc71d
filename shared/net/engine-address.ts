import { isAbsolute } from 'node:path'
import { IbuildError } from '../base/errors.ts'

/** Where a Docker daemon listens, as node:http takes it. */
export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly path: string }

const usualPort = 2375

/**
 * Reads the text of DOCKER_HOST: `unix:///path`, `tcp://host[:port][/path]`, or the same with `http:`. Errors: USAGE for what
 * is malformed, NOT_SUPPORTED for other ways to a daemon.
 */
export function parseEngineAddress(text: string): EngineAddress {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? []
  if (scheme === 'unix') return isAbsolute(rest) ? { socketPath: rest } : fail(text)
  if (scheme === 'ssh' || scheme === 'npipe' || scheme === 'fd' || scheme === 'https')
    throw new IbuildError('NOT_SUPPORTED', `a Docker daemon at ${scheme}:// is not supported`, { hint: usage })
  if ((scheme !== 'tcp' && scheme !== 'http') || !URL.canParse(`http://${rest}`)) return fail(text)
  const { hostname, port, pathname, username, search } = new URL(`http://${rest}`)
  if (hostname === '' || username !== '' || search !== '') return fail(text)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (scheme === 'http' || /:80(?:\/|$)/.test(rest) ? 80 : usualPort) : Number(port),
    path: pathname.replace(/\/$/, ''),
  }
}

const usage = 'Write the host as unix:///path/to/docker.sock or tcp://host:port.'

function fail(text: string): never {
  throw new IbuildError('USAGE', `${JSON.stringify(text.slice(0, 200))} is not the address of a Docker daemon`, {
    hint: usage,
  })
}
