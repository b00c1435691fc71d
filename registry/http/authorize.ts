import type { IncomingHttpHeaders } from 'node:http'
import type { RepositoryName } from '../protocol/names.ts'
import type { Route } from '../protocol/route.ts'

export type Action = 'pull' | 'push' | 'delete'

/** What a request needs to be allowed. */
export type Access =
  | { readonly kind: 'repository'; readonly name: RepositoryName; readonly actions: readonly Action[] }
  /** To list the names of repositories, each only if it may be pulled from. */
  | { readonly kind: 'catalog' }

/** Of a request, what decides who asks. Its headers carry credentials: they go nowhere else. */
export interface AccessRequest {
  readonly id: string
  readonly method: string
  readonly route: Route
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string | undefined
}

export interface AccessWish {
  /** Without any of these the request is refused. */
  readonly required: readonly Access[]
  /** Repositories that the request names beside: a mount's `from`. When it may not be pulled from, the mount is none. */
  readonly optional: readonly RepositoryName[]
}

/** What whoever asks may see besides: repositories that are listed, and mounted from. */
export interface Grant {
  readonly mayPull: (name: RepositoryName) => boolean
  /** Who asks; undefined for somebody who did not say, and where nobody has to. */
  readonly subject?: string | undefined
}

/**
 * Decides on a request, once, before anything of it is done or read. Throws a RegistryError UNAUTHORIZED, with
 * `WWW-Authenticate` among its headers, or DENIED.
 */
export type Authorize = (request: AccessRequest, wish: AccessWish) => Grant | Promise<Grant>

const everything: Grant = { mayPull: () => true }

/** Without accounts everybody may do everything. */
export const allowAll: Authorize = () => everything
