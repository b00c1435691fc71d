import type { ServerResponse } from 'node:http'
import { AnswerMemory } from '../../shared/web/answer-memory.ts'
import { type FurtherPaths, type Person, Refusal } from '../../shared/web/further.ts'
import type { KoaRoute } from '../../shared/web/koa-listener.ts'
import { RegistryError } from '../protocol/error.ts'
import type { Route } from '../protocol/route.ts'
import type { Authorize } from './authorize.ts'
import { BufferPool } from './buffer-pool.ts'
import { errorReply } from './error-reply.ts'
import { Exchange, type ExchangeOptions } from './exchange.ts'
import type { HttpLimits } from './limits.ts'
import type { RegistryRequest } from './request.ts'
import { accessRequestOf, refuseHead } from './respond.ts'
import { sendReply } from './send-reply.ts'

export interface FurtherOptions extends ExchangeOptions {
  readonly authorize: Authorize
  readonly limits: HttpLimits
}

/** Hands requests below a path on, with the registry's logins. */
export function furtherRoute({ prefix, serve, ...paths }: FurtherPaths, options: FurtherOptions): KoaRoute {
  const { limits, authorize } = options
  const sending = { limits, answers: new AnswerMemory(limits.heldAnswerBytes), pool: new BufferPool(0) }
  const { service = prefix.slice(prefix.lastIndexOf('/') + 1) } = paths
  const answer = async (exchange: Exchange, response: ServerResponse): Promise<void> => {
    const { request } = exchange
    try {
      refuseHead(request, limits)
    } catch (error) {
      return sendReply(exchange, errorReply(error), sending)
    }
    response.setHeader('X-Request-Id', request.id)
    const identify = async (needsLogin: boolean): Promise<Person | undefined> =>
      whoAsks(request, authorize, needsLogin ? [{ kind: 'service', name: service }] : [])
    await serve({ request, response, limits, identify, told: exchange })
  }
  const path = new RegExp(`^${prefix.replaceAll(/[^\w/-]/g, String.raw`\$&`)}(?:/.*)?$`)
  return [path, (message, response) => answer(new Exchange(message, response, options), response)]
}

/** Paths beside the registry are nothing that its routes name. */
const nothingOfIts: Route = { kind: 'extensions', name: undefined }

async function whoAsks(
  request: RegistryRequest,
  authorize: Authorize,
  required: Parameters<Authorize>[1]['required'],
): Promise<Person | undefined> {
  try {
    const { subject, groups } = await authorize(accessRequestOf(request, nothingOfIts), { required, optional: [] })
    return subject === undefined ? undefined : { name: subject, groups: groups ?? new Set() }
  } catch (error) {
    throw error instanceof RegistryError ? new Refusal(error.status, error.message, error.headers) : error
  }
}
