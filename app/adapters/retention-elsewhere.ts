import { registryErrors } from '../../registry/client/errors.ts'
import { type TlsSources, tlsOf } from '../../registry/client/tls-of.ts'
import type { Source } from '../../retention/facts.ts'
import { type RemoteRetention, remoteRetention } from '../../retention/http/client.ts'
import { overHttp } from '../../retention/http/over-http.ts'
import type { GcTransport } from '../../retention/http/transport.ts'
import type { CredentialSource } from '../../shared/net/auth/credentials.ts'
import { createHttpClient, type HttpClientOptions } from '../../shared/net/http/client.ts'
import type { HttpTimeouts } from '../../shared/net/http/types.ts'
import { usualRetries } from '../../shared/net/retry.ts'

export interface ElsewhereOptions extends Pick<HttpClientOptions, 'userAgent' | 'proxies' | 'authorities'>, TlsSources {
  /** Of the registry, without a path. */
  readonly origin: URL
  readonly credentials: CredentialSource
  readonly onNotice: (text: string) => void
}

/** A preview of much that stays may have nothing to tell for long. */
const timeouts: HttpTimeouts = { connect: 10_000, answer: 30_000, idle: 600_000 }

/** Retention of a registry elsewhere, by its HTTP API. Closing it ends the connections. Errors: those of the API; REGISTRY_*. */
export function retentionElsewhere(source: Source, options: ElsewhereOptions): RemoteRetention {
  const { origin, credentials, onNotice } = options
  const client = createHttpClient({ ...options, timeouts, tls: async (host) => tlsOf(host, options) })
  const retries = usualRetries
  const transport = overHttp({ origin, client, credentials, retries, errors: registryErrors, onNotice })
  return remoteRetention(tellingFailures(transport, `cannot ask ${origin.host} for retention`), source)
}

function tellingFailures(transport: GcTransport, what: string): GcTransport {
  async function* told(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (error) {
      throw registryErrors.failure(error, what)
    }
  }
  return {
    send: async (request) => {
      try {
        const { status, body } = await transport.send(request)
        return { status, body: told(body) }
      } catch (error) {
        throw registryErrors.failure(error, what)
      }
    },
    close: async () => transport.close(),
  }
}
