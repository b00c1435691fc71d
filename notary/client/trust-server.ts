import { Authorizer } from '../../shared/net/auth/authorizer.ts'
import type { CredentialSource } from '../../shared/net/auth/credentials.ts'
import { type AuthorizedRequest, sendAuthorized } from '../../shared/net/auth/send-authorized.ts'
import { readHostCertificates } from '../../shared/net/host-certificates.ts'
import { createHttpClient, type HttpClientOptions } from '../../shared/net/http/client.ts'
import { isLoopback } from '../../shared/net/http/loopback.ts'
import { hostOf } from '../../shared/net/http/place.ts'
import type { HttpAnswer, HttpMethod, HttpTimeouts, TlsSettings } from '../../shared/net/http/types.ts'
import { type RetryRules, repeated } from '../../shared/net/retry.ts'
import type { Gun } from '../tuf/types.ts'
import { hostOfGun } from './server-address.ts'
import { trustErrors } from './trust-errors.ts'

/** One trust server, by HTTP. */
export interface TrustServer {
  readonly url: URL
  /** Sends a request, with credentials as needed. Errors: TRUST_DENIED, TRUST_NO_DATA, TRUST_UNREACHABLE; the signal's reason. */
  send(request: TrustRequest): Promise<HttpAnswer>
  /** Ends all connections. */
  close(): Promise<void>
}

export interface TrustRequest {
  readonly method: HttpMethod
  /** Undefined for what is asked of all collections. */
  readonly gun: Gun | undefined
  /** Behind the name of the collection: `_trust/tuf/timestamp.json`. */
  readonly path: string
  /** What it needs to be allowed: `pull`; `pull` and `push`; `*` to rotate keys and to delete. */
  readonly actions: readonly ('pull' | 'push' | '*')[]
  /** What is done, for messages: `cannot read the trusted collection host/name`. */
  readonly what: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | undefined
  /** Statuses that are no error. */
  readonly expect: readonly number[]
  readonly signal?: AbortSignal | undefined
}

export interface TrustServerOptions
  extends Pick<HttpClientOptions, 'userAgent' | 'proxies' | 'authorities' | 'inLine'> {
  readonly url: URL
  /** Asked for the host of the server, then for that of the image. */
  readonly credentials: CredentialSource
  /** Folders with a folder for each host: docker's `tls`, and those for registries. */
  readonly certificateFolders: readonly string[]
  /** Certificates in PEM that are trusted for the server beside. */
  readonly ca?: readonly string[] | undefined
  /** Takes any certificate of the server, because somebody said so. */
  readonly isInsecure?: boolean | undefined
  readonly onNotice?: ((text: string) => void) | undefined
  readonly retries?: Partial<RetryRules> | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

/** Who verifies waits for the server: a few tries that do not take long. */
const usualRetries: RetryRules = { most: 2, delay: 250, longest: 2000, random: Math.random }
const usualTimeouts: HttpTimeouts = { connect: 10_000, answer: 20_000, idle: 10_000 }

/** The server at an address; nothing is asked or read yet. */
export function createTrustServer(options: TrustServerOptions): TrustServer {
  const { url, credentials, onNotice = () => undefined } = options
  const tls = (host: string): Promise<TlsSettings> => tlsOf(host, options)
  const client = createHttpClient({ ...options, timeouts: { ...usualTimeouts, ...options.timeouts }, tls })
  const retries = { ...usualRetries, ...options.retries }
  const authorizers = new Map<string, Authorizer>()
  const authorizerFor = (gun: Gun | undefined): Authorizer => {
    const image = (gun && hostOfGun(gun)) ?? url.host
    const either: CredentialSource = {
      find: async (domain, path) => (await credentials.find(url.host)) ?? credentials.find(domain, path),
    }
    const authorizer =
      authorizers.get(image) ??
      new Authorizer({ client, domain: image, credentials: either, retries, errors: trustErrors, onNotice })
    authorizers.set(image, authorizer)
    return authorizer
  }
  return {
    url,
    send: async (request) => {
      const { what, signal, gun, expect, method } = request
      const authorized = requestTo(url, request)
      const send = (): Promise<HttpAnswer> =>
        sendAuthorized(client, { origin: url, authorizer: authorizerFor(gun), request: authorized })
      const tries = method === 'GET' ? retries : { ...retries, most: 0 }
      const answer = await repeated({ what, signal, retries: tries, errors: trustErrors }, send)
      if (expect.includes(answer.status)) return answer
      throw await trustErrors.answer(answer, what)
    },
    close: async () => client.close(),
  }
}

function requestTo(url: URL, { method, gun, path, actions, headers, body, signal }: TrustRequest): AuthorizedRequest {
  const target = new URL(`${url.pathname.replace(/\/+$/, '')}/v2/${gun === undefined ? '' : `${gun}/`}${path}`, url)
  return {
    method,
    target,
    scopes: [gun === undefined ? `registry:catalog:${actions.join(',')}` : `repository:${gun}:${actions.join(',')}`],
    path: gun === undefined ? '' : repositoryOf(gun),
    headers,
    open: body === undefined ? undefined : () => body,
    signal,
  }
}

function repositoryOf(gun: Gun): string {
  const host = hostOfGun(gun)
  return host === undefined ? gun : gun.slice(host.length + 1)
}

/**
 * How TLS is done with a host: with the authorities that are there for it, beside the usual ones. On this machine nobody is between us
 * and the server, and the usual ones give nobody a certificate for it: there the authorities for it count alone, and any certificate
 * does as long as there is none.
 */
async function tlsOf(
  host: string,
  { url, ca = [], certificateFolders, isInsecure = false }: TrustServerOptions,
): Promise<TlsSettings> {
  const found = await readHostCertificates(certificateFolders, host)
  const all = [...found.ca, ...(host === url.host ? ca : [])]
  const isHere = isLoopback(hostOf(new URL(`https://${host}`)))
  const isVerified = !isInsecure && !(isHere && all.length === 0)
  return { isVerified, ca: all, isAlone: isHere, identity: found.identity }
}
