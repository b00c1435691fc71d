import type { IncomingHttpHeaders } from 'node:http'
import type { Client } from '../../shared/web/client-of.ts'

/** What a request needs to be allowed. */
export type Wish =
  | {
      readonly kind: 'collection'
      /** As the client wrote it. */
      readonly gun: string
      /** `*`, to rotate keys and to delete, is all that can be granted. */
      readonly actions: readonly ('pull' | 'push' | '*')[]
    }
  /** To be told of changes of all collections. */
  | { readonly kind: 'catalog' }
  /** `/v2/`, where clients are told how to log in; nowhere else do stock clients look for it. */
  | { readonly kind: 'base' }

/** Of a request, what decides who asks. Its headers carry credentials: they go nowhere else. */
export interface AccessRequest {
  readonly id: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly client: Client
  /** Is told the name of a known account that asks, or is said to, for the log. */
  readonly tellAccount: (name: string) => void
}

/**
 * Decides on a request, once, before anything of it is done or read. Throws a WebError 401 with `WWW-Authenticate` among its
 * headers, of which Bearer is the first, or a PublishError INVALID_GUN for a collection that is not of here.
 */
export type Authorize = (request: AccessRequest, wish: Wish) => void | Promise<void>
