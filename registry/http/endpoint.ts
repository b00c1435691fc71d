import { parseName, type RepositoryName } from '../protocol/names.ts'
import type { Route } from '../protocol/route.ts'
import type { Requester } from '../service/occurrence.ts'
import type { RegistryService } from '../service/types.ts'
import type { AccessWish, Action, Grant } from './authorize.ts'
import type { HttpLimits } from './limits.ts'
import type { PullGate } from './pull-gate.ts'
import type { Reply } from './reply.ts'
import type { RegistryRequest } from './request.ts'
import type { BodyMemory } from './whole-body.ts'

/** What endpoints work with. */
export interface EndpointContext {
  readonly service: RegistryService
  readonly limits: HttpLimits
  readonly grant: Grant
  /** Undefined where nothing has to be signed. */
  readonly gate: PullGate | undefined
  /** For those who are told of what the request does. */
  readonly by: Requester
  readonly bodies: BodyMemory
}

/** A request that was understood: what it needs to be allowed, and what it does. Errors are RegistryErrors. */
export interface Task {
  readonly wish: AccessWish
  /** Gives the answer at once when it is in memory. */
  readonly run: (context: EndpointContext) => Reply | Promise<Reply>
}

/** Reads what a request says, and does nothing yet. */
export type Prepare<Kind extends Route['kind']> = (request: RegistryRequest, route: RouteOf<Kind>) => Task

export type RouteOf<Kind extends Route['kind']> = Extract<Route, { readonly kind: Kind }>

/** The methods of a kind of route. HEAD goes with GET: its answer is that of GET, without the content. */
export type Methods<Kind extends Route['kind']> = Readonly<Partial<Record<Method, Prepare<Kind>>>>

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

/** What a request for one repository needs. */
export function needs(
  text: string,
  ...actions: readonly Action[]
): { readonly name: RepositoryName; readonly wish: AccessWish } {
  const name = parseName(text)
  return { name, wish: { required: [{ kind: 'repository', name, actions }], optional: [] } }
}
