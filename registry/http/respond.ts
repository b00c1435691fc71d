import { checkHead } from '../../shared/web/check-head.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RegistryService } from '../service/types.ts'
import type { AccessRequest, Authorize, Grant } from './authorize.ts'
import { taskOf } from './endpoint-table.ts'
import type { HttpLimits } from './limits.ts'
import type { PullGate } from './pull-gate.ts'
import type { Reply } from './reply.ts'
import type { RegistryRequest } from './request.ts'
import { requestedBy } from './requested-by.ts'
import { BodyMemory } from './whole-body.ts'

/** Gives the answer to a request, at once when it can. Errors are thrown or rejected with. */
export type Answer = (request: RegistryRequest) => Reply | Promise<Reply>

export interface RespondOptions {
  readonly service: RegistryService
  readonly authorize: Authorize
  /** Asked for each request: that in force. */
  readonly gate: () => PullGate | undefined
  readonly limits: HttpLimits
}

/** What is answered to requests at and below `/v2/`: understood, then allowed, then done. */
export function createAnswer({ service, authorize, gate, limits }: RespondOptions): Answer {
  const bodies = new BodyMemory(limits.wholeBodyBytes)
  return (request) => {
    const task = taskOf(request)
    const grant = authorize(accessRequestOf(request), task.wish)
    const run = (given: Grant): Reply | Promise<Reply> =>
      task.run({ service, limits, grant: given, gate: gate(), by: requestedBy(request, given), bodies })
    const reply = grant instanceof Promise ? grant.then(run) : run(grant)
    return request.search.includes('ns=')
      ? Promise.resolve(reply).then((given) => withNamespace(request, given))
      : reply
  }
}

/** Refuses requests that no answer is looked for: {@link checkHead}. Errors: UNSUPPORTED; DENIED for a POST of a page of another site. */
export function refuseHead({ message }: RegistryRequest, { targetBytes }: HttpLimits): void {
  checkHead(message, { targetBytes, refuse })
}

function refuse(status: number, message: string): RegistryError {
  if (status === 403) return new RegistryError('DENIED', message)
  return new RegistryError('UNSUPPORTED', message, { status, headers: { Connection: 'close' } })
}

/** What decides who asks. `route` stands for what the path names, where that is nothing of the registry's. */
export function accessRequestOf(request: RegistryRequest, route = request.route): AccessRequest {
  const { id, method, headers } = request
  if (route === undefined) throw new TypeError('a task without a route')
  return {
    id,
    method,
    route,
    headers,
    get client() {
      return request.client
    },
    tellAccount(name) {
      request.account = name
    },
  }
}

/** Tells a client that asks for content of another host by what name it was given (OCI distribution-spec, "Registry Proxying"). */
function withNamespace({ query, method, route }: RegistryRequest, reply: Reply): Reply {
  const namespace = query.get('ns') ?? ''
  const isPull = (method === 'GET' || method === 'HEAD') && route?.kind !== 'upload'
  if (!isPull || !/^[\w.:[\]-]{1,255}$/.test(namespace)) return reply
  return { ...reply, headers: { ...reply.headers, 'OCI-Namespace': namespace } }
}
