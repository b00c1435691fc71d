import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { AnswerMemory } from '../../shared/web/answer-memory.ts'
import type { IsProxy } from '../../shared/web/client-of.ts'
import type { FurtherPaths } from '../../shared/web/further.ts'
import { inTurn } from '../../shared/web/in-turn.ts'
import { type KoaRoute, koaListener } from '../../shared/web/koa-listener.ts'
import type { RegistryService } from '../service/types.ts'
import { type Authorize, allowAll } from './authorize.ts'
import { BufferPool } from './buffer-pool.ts'
import { nothingThere, wrongMethod } from './endpoint-table.ts'
import { errorReply } from './error-reply.ts'
import { Exchange } from './exchange.ts'
import type { OnFinished } from './finished-request.ts'
import { furtherRoute } from './further.ts'
import { defaultLimits, type HttpLimits } from './limits.ts'
import type { PullGate } from './pull-gate.ts'
import { jsonReply, type Reply } from './reply.ts'
import { type Answer, createAnswer, refuseHead } from './respond.ts'
import { sendReply } from './send-reply.ts'

export interface AppOptions extends PageOptions {
  readonly service: RegistryService
  /** Everybody may do everything otherwise. */
  readonly authorize?: Authorize
  /** Everything may be pulled otherwise, signed or not. Asked for each request. */
  readonly gate?: (() => PullGate | undefined) | undefined
  /** What is served beside the registry. */
  readonly further?: readonly FurtherPaths[] | undefined
}

export interface PageOptions {
  readonly limits?: Partial<HttpLimits>
  readonly onFinished?: OnFinished
  /** Nobody is believed when he tells of others otherwise. */
  readonly isProxy?: IsProxy | undefined
  /** Beside those of the registry. */
  readonly routes?: readonly AppRoute[]
}

/** A page of its own. */
export interface AppRoute {
  /** Begins with a slash and is none of `/` and `/v2`. */
  readonly path: string
  /** GET and HEAD unless told. */
  readonly methods?: readonly ('GET' | 'HEAD' | 'POST')[]
  readonly answer: Answer
}

/** The registry as a listener for requests of a `node:http` or `node:https` server; see `configure-server.ts`. */
export function createApp(options: AppOptions): RequestListener {
  const limits = { ...defaultLimits, ...options.limits }
  const { service, authorize = allowAll, gate = noGate } = options
  const registry = createAnswer({ service, authorize, gate, limits })
  const serve = server(options, limits)
  const further = (options.further ?? []).map((paths) => furtherRoute(paths, { ...options, authorize, limits }))
  const throughKoa = koaFor(serve, [...pages(options.routes ?? []), [/^\/v2(?:\/.*)?$/, registry]], further)
  return inTurn((message, response) => {
    void (isShort(message) ? serve(message, response, registry) : throughKoa(message, response))
  }, limits.pipelined)
}

const noGate = (): undefined => undefined

/** The pages of `routes` alone, for another server that hands on requests for them; the rest is not found. */
export function createPages(options: PageOptions): RequestListener {
  const limits = { ...defaultLimits, ...options.limits }
  return koaFor(server(options, limits), pages(options.routes ?? []))
}

function server(options: PageOptions, limits: HttpLimits): Serve {
  const answers = new AnswerMemory(limits.heldAnswerBytes)
  const sending = { limits, answers, pool: new BufferPool(limits.sendBufferBytes) }
  return (message, response, answer) => {
    const exchange = new Exchange(message, response, options)
    const reply = replyOf(exchange, (request) => {
      refuseHead(request, limits)
      return answer(request)
    })
    return reply instanceof Promise
      ? reply.catch(errorReply).then((late) => sendReply(exchange, late, sending))
      : sendReply(exchange, reply, sending)
  }
}

type Serve = (message: IncomingMessage, response: ServerResponse, answer: Answer) => void | Promise<void>

function replyOf({ request }: Exchange, answer: Answer): Reply | Promise<Reply> {
  try {
    return answer(request)
  } catch (error) {
    return errorReply(error)
  }
}

type AnswerAt = readonly [path: string | RegExp, answer: Answer]

function koaFor(serve: Serve, routes: readonly AnswerAt[], further: readonly KoaRoute[] = []): RequestListener {
  const at =
    (answer: Answer): KoaRoute[1] =>
    (message, response) =>
      serve(message, response, answer)
  return koaListener(
    [...routes.map(([path, answer]): KoaRoute => [path, at(answer)]), ...further],
    at(() => {
      throw nothingThere()
    }),
  )
}

/** What clients ask for most, and what the middleware would cost more than the answer. */
function isShort({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && /^\/v2\/.+\/(?:manifests|blobs)\//.test(url)
}

function pages(routes: readonly AppRoute[]): readonly AnswerAt[] {
  const all: readonly AppRoute[] = [{ path: '/', answer: (): Reply => jsonReply({}) }, ...routes]
  return all.map(({ path, methods = ['GET', 'HEAD'], answer }) => [
    path,
    (request) => {
      if (methods.some((method) => method === request.method)) return answer(request)
      throw wrongMethod(
        request.method,
        methods.filter((method) => method !== 'HEAD'),
      )
    },
  ])
}
