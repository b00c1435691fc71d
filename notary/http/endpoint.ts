import type { WebRequest } from '../../shared/web/request.ts'
import type { BodyMemory } from '../../shared/web/whole-body.ts'
import { refused } from '../service/publish-error.ts'
import type { NotaryService } from '../service/types.ts'
import type { Caller } from '../store/collection-types.ts'
import { isGun } from '../tuf/gun.ts'
import type { Gun } from '../tuf/types.ts'
import type { Allowed, Wish } from './authorize.ts'
import { notFound } from './error-reply.ts'
import type { NotaryLimits } from './limits.ts'
import type { Reply } from './reply.ts'
import type { Route } from './route.ts'

/** How long answers may be kept by whoever stands between, in seconds; 0 for not at all. */
export interface CacheTimes {
  /** Of files that a next publish replaces. */
  readonly current: number
  /** Of files that are asked for by hash or version, which never change. */
  readonly consistent: number
}

/** What endpoints work with. */
export interface EndpointContext {
  readonly service: NotaryService
  readonly limits: NotaryLimits
  readonly cache: () => CacheTimes
  /** For uploads that are being read. */
  readonly bodies: BodyMemory
  /** True while nothing new is begun. */
  readonly isDraining: () => boolean
}

/** A request that was understood: what it needs to be allowed, and what it does. */
export interface Task {
  readonly wish: Wish
  readonly run: (context: EndpointContext, allowed: Allowed | undefined) => Promise<Reply> | Reply
}

export type Method = 'GET' | 'POST' | 'DELETE'

/** The methods of a kind of route. HEAD goes with GET: its answer is that of GET, without the content. */
export type Methods<Kind extends Route['kind']> = Readonly<
  Partial<Record<Method, (request: WebRequest, route: Extract<Route, { readonly kind: Kind }>) => Task>>
>

/** The GUN of something that is asked for. Errors: METADATA_NOT_FOUND for what is none. */
export function askedGun(text: string): Gun {
  if (isGun(text)) return text
  throw notFound()
}

/** Who asks for a change, once that is allowed. */
export function callerOf({ account, client }: WebRequest): Caller {
  return { account, address: client.address }
}

/** The GUN of something that is to be changed. Errors: INVALID_GUN. */
export function changedGun(text: string): Gun {
  if (isGun(text)) return text
  throw refused(
    'INVALID_GUN',
    `${JSON.stringify(text.slice(0, 200))} is not the name of a collection, such as host:5000/team/app`,
  )
}
