import { RegistryError } from '../protocol/error.ts'
import type { RegistryService } from '../service/types.ts'
import type { AccessRequest, Authorize, Grant } from './authorize.ts'
import { taskOf } from './endpoint-table.ts'
import type { HttpLimits } from './limits.ts'
import type { Reply } from './reply.ts'
import type { RegistryRequest } from './request.ts'
import { requestedBy } from './requested-by.ts'
import { BodyMemory } from './whole-body.ts'

/** Gives the answer to a request, at once when it can. Errors are thrown or rejected with. */
export type Answer = (request: RegistryRequest) => Reply | Promise<Reply>

export interface RespondOptions {
  readonly service: RegistryService
  readonly authorize: Authorize
  readonly limits: HttpLimits
}

/** What is answered to requests at and below `/v2/`: understood, then allowed, then done. */
export function createAnswer({ service, authorize, limits }: RespondOptions): Answer {
  const bodies = new BodyMemory(limits.wholeBodyBytes)
  return (request) => {
    const task = taskOf(request)
    const grant = authorize(accessRequestOf(request), task.wish)
    const run = (given: Grant): Reply | Promise<Reply> =>
      task.run({ service, limits, grant: given, by: requestedBy(request, given), bodies })
    const reply = grant instanceof Promise ? grant.then(run) : run(grant)
    return request.search.includes('ns=')
      ? Promise.resolve(reply).then((given) => withNamespace(request, given))
      : reply
  }
}

/**
 * Refuses requests that no answer is looked for, and ends their connection. Errors: UNSUPPORTED with 414, 400 (RFC 9112, 3.2),
 * 417, or 501 (6.1): of a body in a coding that we do not know nobody can tell where it ends. DENIED for a POST of a
 * page of another site, which a browser sends without asking: to a registry on the user's own machine, too.
 */
export function checkHead(request: RegistryRequest, { targetBytes }: HttpLimits): void {
  const { message, headers, method } = request
  const isOld = message.httpVersionMinor === 0
  if ((message.url ?? '').length > targetBytes) {
    throw unusable(414, `the request target has more than ${targetBytes} bytes`)
  }
  if (headers.host === undefined && !isOld) throw unusable(400, 'the request has no Host header')
  if (!isOld && (headers.expect ?? '100-continue').toLowerCase() !== '100-continue') {
    throw unusable(417, 'only 100-continue can be expected')
  }
  if (headers.authorization !== undefined && isTwice(message.rawHeaders, 'authorization')) {
    throw unusable(400, 'the request has two Authorization headers')
  }
  const site = headers['sec-fetch-site']
  if (method === 'POST' && (site === 'cross-site' || site === 'same-site')) {
    throw new RegistryError('DENIED', 'a web page of another site may not push here')
  }
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw unusable(501, 'the only transfer coding known is chunked')
  }
}

/** Who stands before the server may have looked at another one than we do. */
function isTwice(rawHeaders: readonly string[], name: string): boolean {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length > 1
}

function unusable(status: number, message: string): RegistryError {
  return new RegistryError('UNSUPPORTED', message, { status, headers: { Connection: 'close' } })
}

function accessRequestOf(request: RegistryRequest): AccessRequest {
  const { id, method, route, headers } = request
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
