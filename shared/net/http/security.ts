import { createSecureContext } from 'node:tls'
import { type AuthoritySources, readAuthorities } from './authorities.ts'
import type { Security } from './connect.ts'
import { HttpFailure } from './failure.ts'
import type { TlsSettings } from './types.ts'

export interface SecurityOptions {
  readonly authorities?: AuthoritySources | undefined
  readonly tls?: ((host: string) => Promise<TlsSettings>) | undefined
}

const usualTls: TlsSettings = { isVerified: true, ca: [] }

/**
 * How TLS is done with the host of an URL. The usual authorities are read once, and a context is made once for each host. Errors:
 * {@link HttpFailure} of kind `tls` for certificates and keys that cannot be used; those of `tls`.
 */
export function securityOf({ tls, authorities = {} }: SecurityOptions): (url: URL) => Promise<Security> {
  let usual: Promise<readonly string[]> | undefined
  let plain: Promise<Security> | undefined
  const known = new Map<string, Promise<Security>>()
  const make = async ({ isVerified, ca, isAlone, identity }: TlsSettings): Promise<Security> => {
    const own = identity && { cert: identity.certificate, key: identity.key }
    if (!isVerified) return { context: createSecureContext({ ...own }), isVerified }
    const trusted = isAlone === true ? [] : await (usual ??= readNamed(authorities))
    return { context: createSecureContext({ ca: [...trusted, ...ca], ...own }), isVerified }
  }
  const find = async ({ host }: URL): Promise<Security> => {
    const settings = (await tls?.(host)) ?? usualTls
    const isUsual =
      settings.isVerified && settings.ca.length === 0 && settings.identity === undefined && settings.isAlone !== true
    try {
      return await (isUsual ? (plain ??= make(usualTls)) : make(settings))
    } catch (cause) {
      if (cause instanceof HttpFailure) throw cause
      throw new HttpFailure('tls', `${host}: the certificates or the key that are here for it cannot be used`, {
        cause,
      })
    }
  }
  return (url) => {
    const security = known.get(url.host) ?? find(url)
    known.set(url.host, security)
    return security
  }
}

async function readNamed(authorities: AuthoritySources): Promise<readonly string[]> {
  try {
    return await readAuthorities(authorities)
  } catch (cause) {
    const hint = 'See SSL_CERT_FILE in the environment.'
    throw new HttpFailure('tls', `the certificates in ${authorities.file} cannot be read`, { cause, hint })
  }
}
