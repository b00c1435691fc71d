import type { IncomingHttpHeaders } from 'node:http'
import type { Client } from '../../shared/web/client-of.ts'
import type { Gun } from '../tuf/types.ts'

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

/** To whom a request was allowed, where that makes a difference to the answer. */
export interface Allowed {
  /** Whether he may be told of a collection. */
  readonly maySee: (gun: Gun) => boolean
}

/**
 * Decides on a request, once, before anything of it is done or read. Who is given nothing back may see all. Throws a WebError 401 with `WWW-Authenticate` among its
 * headers, of which Bearer is the first, or a PublishError INVALID_GUN for a collection that is not of here.
 */
export type Authorize = (request: AccessRequest, wish: Wish) => Allowed | undefined | Promise<Allowed | undefined>
