import { placeOf } from '../../../registry/client/hosts/places.ts'
import { noHostSettings } from '../../../registry/client/hosts/settings.ts'
import type { Source } from '../../../retention/facts.ts'
import type { RemoteRetention } from '../../../retention/http/client.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { retentionElsewhere } from '../../adapters/retention-elsewhere.ts'
import { isInsecure, printNotice, type RegistryFlags, registryOptions } from '../registry-client.ts'

/** Retention of a registry elsewhere, with the login that there is for it. Errors: USAGE, REGISTRIES_INVALID; later those of the API. */
export async function askElsewhere(server: string, source: Source, flags: RegistryFlags): Promise<RemoteRetention> {
  const options = await registryOptions({ isAllInsecure: isInsecure(flags), onNotice: printNotice })
  const { credentials = { find: async () => undefined }, hosts = noHostSettings } = options
  const origin = originOf(server)
  const { schemes } = await placeOf(origin.host, hosts)
  if (origin.protocol === 'http:' && !schemes.includes('http')) {
    throw new IbuildError('USAGE', `--server: ${origin.host} would be sent a password in clear`, {
      hint: 'Write https://, or say --tls-verify=false if that is meant.',
    })
  }
  return retentionElsewhere(source, { ...options, hosts, origin, credentials, onNotice: printNotice })
}

/** Errors: USAGE. */
function originOf(server: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(server) ? server : `https://${server}`)
  const isPlain = url !== null && url.pathname === '/' && url.search + url.hash + url.username + url.password === ''
  if (isPlain && url.host !== '' && /^https?:$/.test(url.protocol)) return url
  throw new IbuildError('USAGE', `--server: ${JSON.stringify(server.slice(0, 200))} is not the address of a registry`, {
    hint: 'Write it as https://HOST[:PORT]; who may log in there is in the logins of ibuild login.',
  })
}
