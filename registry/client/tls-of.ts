import { readFile } from 'node:fs/promises'
import { IbuildError } from '../../shared/base/errors.ts'
import { isHub } from '../../shared/net/auth/credentials.ts'
import { needCertificates, readHostCertificates } from '../../shared/net/host-certificates.ts'
import type { TlsSettings } from '../../shared/net/http/types.ts'
import { placeOf } from './hosts/places.ts'
import { type HostSettings, noHostSettings } from './hosts/settings.ts'

export interface TlsSources {
  readonly hosts?: HostSettings | undefined
  /** Folders with certificates for hosts; see {@link readHostCertificates}. */
  readonly certificateFolders?: readonly string[] | undefined
}

/** How TLS is done with a host: by its settings, and the certificates that folders have for it. */
export async function tlsOf(
  host: string,
  { hosts = noHostSettings, certificateFolders = [] }: TlsSources,
): Promise<TlsSettings> {
  const name = isHub(host) ? 'docker.io' : host
  const place = await placeOf(name, hosts)
  const rule = hosts.hosts.get(name.toLowerCase())
  const found = await readHostCertificates(certificateFolders, host)
  const ca = rule?.caFile === undefined ? [] : await readCaFile(rule.caFile)
  return { isVerified: place.isVerified, ca: [...found.ca, ...ca], identity: found.identity }
}

async function readCaFile(file: string): Promise<string[]> {
  try {
    return needCertificates(await readFile(file, 'latin1'), file)
  } catch (cause) {
    if (cause instanceof IbuildError) throw cause
    throw new IbuildError('REGISTRIES_INVALID', `cannot read the certificates in ${file}`, { cause })
  }
}
