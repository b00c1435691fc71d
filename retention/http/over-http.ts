import { Authorizer, type AuthorizerOptions } from '../../shared/net/auth/authorizer.ts'
import { sendAuthorized } from '../../shared/net/auth/send-authorized.ts'
import type { GcTransport } from './transport.ts'

export interface OverHttpOptions extends Omit<AuthorizerOptions, 'domain' | 'onIdentity'> {
  /** Of the server. */
  readonly origin: URL
}

/**
 * To a server elsewhere, with the login that there is for its host; the client is closed with it. Its time between two pieces of an answer
 * must be as long as a preview may find nothing to tell. Errors: HttpFailure, and those of tokens.
 */
export function overHttp({ origin, ...options }: OverHttpOptions): GcTransport {
  const { client } = options
  const authorizer = new Authorizer({ ...options, domain: origin.host })
  return {
    async send({ method, target, body, isLong = false, signal }) {
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      const { status, body: answer } = await sendAuthorized(client, {
        origin,
        authorizer,
        request: {
          method,
          target,
          scopes: [],
          headers: bytes === undefined ? {} : { 'content-type': 'application/json' },
          ...(bytes !== undefined && { open: () => bytes, isRepeatable: true }),
          ...(isLong && { answerTimeout: 0 }),
          signal,
        },
      })
      return { status, body: answer }
    },
    close: async () => client.close(),
  }
}
