import type { IncomingHttpHeaders } from 'node:http'
import type { Client } from '../../shared/web/client-of.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { Route } from '../protocol/route.ts'

export type Action = 'pull' | 'push' | 'delete'

/** What a request needs to be allowed. */
export type Access =
  | {
      readonly kind: 'repository'
      readonly name: RepositoryName
      readonly actions: readonly Action[]
      /** What tokens call it where that is not its name: the name of its trusted collection. Rules go by the repository's. */
      readonly calledBy?: string
    }
  /** To list the names of repositories, each only if it may be pulled from. */
  | { readonly kind: 'catalog' }
  /** To use what is served beside the registry. Nobody without a login may; what each of the others may do there is not decided here. */
  | { readonly kind: 'service'; readonly name: string }

/** Of a request, what decides who asks. Its headers carry credentials: they go nowhere else. */
export interface AccessRequest {
  readonly id: string
  readonly method: string
  readonly route: Route
  readonly headers: IncomingHttpHeaders
  readonly client: Client
  /** Is told the name of a known account that asks, or is said to, for the log. */
  readonly tellAccount?: (name: string) => void
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
  /** Who may push relies on what he is told to be there. Everybody may unless this says who. */
  readonly mayPush?: ((name: RepositoryName) => boolean) | undefined
  /** Who may push, if not by this token then by another one that he can get. Everybody may unless this says who. */
  readonly publishes?: ((name: RepositoryName) => boolean) | undefined
  /** Who asks; undefined for somebody who did not say, and where nobody has to. */
  readonly subject?: string | undefined
  /** Groups that he is in. */
  readonly groups?: ReadonlySet<string> | undefined
  /**
   * What stands for an upload in its address, in place of its ID alone: who has that address may go on with the upload, whatever
   * becomes of his login meanwhile.
   */
  readonly sealUpload?: ((name: RepositoryName, id: string) => string) | undefined
}

/**
 * Decides on a request, once, before anything of it is done or read. Throws a RegistryError UNAUTHORIZED, with
 * `WWW-Authenticate` among its headers, or DENIED.
 */
export type Authorize = (request: AccessRequest, wish: AccessWish) => Grant | Promise<Grant>

const everything: Grant = { mayPull: () => true }

/** Without accounts everybody may do everything. */
export const allowAll: Authorize = () => everything
