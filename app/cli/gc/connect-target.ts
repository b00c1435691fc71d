import { noHostSettings } from '../../../registry/client/hosts/settings.ts'
import type { RetentionService } from '../../../retention/run/types.ts'
import type { Target } from '../../../retention/server/config/target-kind.ts'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import { readStart } from '../../../shared/cas/read-start.ts'
import type { CredentialSource } from '../../../shared/net/auth/credentials.ts'
import { retentionElsewhere } from '../../adapters/retention-elsewhere.ts'
import { registryOptions } from '../registry-client.ts'

const longestPassword = 4096

/** The API of a registry elsewhere, with the login that the configuration has for it. Errors: SERVER_CONFIG_INVALID, REGISTRIES_INVALID. */
export async function connectTarget(target: Target, onNotice: (text: string) => void): Promise<RetentionService> {
  const options = await registryOptions({ isAllInsecure: false, onNotice })
  const { hosts = noHostSettings } = options
  const origin = new URL(target.url)
  const rule = hosts.hosts.get(origin.host)
  const trusted = target.caFile === '' ? rule : { ...rule, caFile: target.caFile }
  const known = trusted === undefined ? hosts.hosts : new Map([...hosts.hosts, [origin.host, trusted] as const])
  const credentials = await credentialsOf(target)
  return retentionElsewhere('registry', {
    ...options,
    hosts: { ...hosts, hosts: known },
    origin,
    credentials,
    onNotice,
  })
}

/** The file is read again each time: a password may be changed while the process runs. */
async function credentialsOf({ user, passwordFile }: Target): Promise<CredentialSource> {
  if (user === '') return { find: async () => undefined }
  const password = await readPassword(passwordFile)
  return { find: async () => ({ kind: 'password', username: user, password }) }
}

async function readPassword(file: string): Promise<string> {
  const bytes = await readStart(file, longestPassword + 1).catch((cause: unknown) => {
    const why = errnoOf(cause) ?? 'unknown reason'
    throw new IbuildError('SERVER_CONFIG_INVALID', `targets: ${file} cannot be read (${why})`, { cause })
  })
  const password = bytes.toString('utf8').replace(/\r?\n$/, '')
  if (bytes.length <= longestPassword && password !== '' && !/[\r\n\0]/.test(password)) return password
  throw new IbuildError('SERVER_CONFIG_INVALID', `targets: ${file} has no password in one line`)
}
