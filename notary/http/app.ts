import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { AnswerMemory } from '../../shared/web/answer-memory.ts'
import { checkHead } from '../../shared/web/check-head.ts'
import { inTurn } from '../../shared/web/in-turn.ts'
import { type KoaRoute, koaListener } from '../../shared/web/koa-listener.ts'
import { sendBytes } from '../../shared/web/send-bytes.ts'
import { BodyMemory } from '../../shared/web/whole-body.ts'
import { PublishError } from '../service/publish-error.ts'
import type { NotaryService } from '../service/types.ts'
import type { AccessRequest, Authorize } from './authorize.ts'
import type { CacheTimes, EndpointContext } from './endpoint.ts'
import { taskOf } from './endpoint-table.ts'
import { errorReply, notFound } from './error-reply.ts'
import { Exchange, type ExchangeOptions } from './exchange.ts'
import { defaultLimits, type NotaryLimits } from './limits.ts'
import type { Reply } from './reply.ts'
import { shortAnswer } from './short-answer.ts'
import { WebError, wrongMethod } from './web-error.ts'

export interface NotaryAppOptions extends ExchangeOptions {
  readonly service: NotaryService
  /** Everybody may do everything otherwise. */
  readonly access?: Access | undefined
  readonly limits?: Partial<NotaryLimits>
  readonly cache?: (() => CacheTimes) | undefined
  readonly isDraining?: () => boolean
  /** Beside those of the protocol. */
  readonly pages?: readonly Page[]
}

/** Who may do what. */
export interface Access {
  readonly authorize: Authorize
  /** True while everybody may do everything, with every collection. */
  readonly isOpen: () => boolean
}

/** A page of its own, for GET and HEAD. */
export interface Page {
  readonly path: string
  readonly answer: (exchange: Exchange) => Reply | Promise<Reply>
}

/** As the reference server has it. */
const usualCache: CacheTimes = { current: 300, consistent: 2_592_000 }

type Answer = Page['answer']

/** The signing service as a listener for requests of a `node:http` or `node:https` server. */
export function createNotaryApp(options: NotaryAppOptions): RequestListener {
  const limits = { ...defaultLimits, ...options.limits }
  const { service, access, cache = () => usualCache, isDraining = () => false } = options
  const context = { service, limits, cache, isDraining, bodies: new BodyMemory(limits.wholeBodyBytes, tooMany) }
  const answerAt = protocolAnswer(context, access?.authorize)
  const serve = server(options, limits)
  const at =
    (answer: Answer): KoaRoute[1] =>
    (message, response) =>
      serve(message, response, answer)
  const pages = (options.pages ?? []).map(({ path, answer }): KoaRoute => [path, at(pageAnswer(answer))])
  const throughKoa = koaListener([...pages, [/^\/v2(?:\/.*)?$/, at(answerAt)]], at(answerAt))
  const answerShort = shortAnswer({ service, cache })
  const isOpen = access?.isOpen ?? ((): boolean => true)
  return inTurn((message, response) => {
    const short = isOpen() ? answerShort(message) : undefined
    if (short === undefined) throughKoa(message, response)
    else void serve(message, response, () => short)
  }, limits.pipelined)
}

type Serve = (message: IncomingMessage, response: ServerResponse, answer: Answer) => void | Promise<void>

function server(options: ExchangeOptions, limits: NotaryLimits): Serve {
  const answers = new AnswerMemory(limits.heldAnswerBytes)
  const send = (exchange: Exchange, found: Reply): void => {
    const isHeld = exchange.request.method !== 'HEAD' && found.body !== undefined
    const hasRoom = !isHeld || answers.hasRoomFor(found.body?.byteLength ?? 0)
    const reply = hasRoom ? found : errorReply(new PublishError('TOO_MANY_REQUESTS'))
    exchange.failure = reply.failure
    const own = { 'X-Request-Id': exchange.request.id }
    if (exchange.response.destroyed) return
    exchange.sentBytes = sendBytes(exchange, reply, { own, answers, limits })
  }
  return (message, response, answer) => {
    const exchange = new Exchange(message, response, options)
    const reply = replyOf(exchange, answer, limits)
    return reply instanceof Promise
      ? reply.catch(errorReply).then((late) => send(exchange, late))
      : send(exchange, reply)
  }
}

function replyOf(exchange: Exchange, answer: Answer, { targetBytes }: NotaryLimits): Reply | Promise<Reply> {
  try {
    checkHead(exchange.request.message, { targetBytes, refuse })
    return answer(exchange)
  } catch (error) {
    return errorReply(error)
  }
}

/** What is answered by the protocol: understood, then allowed, then done. */
function protocolAnswer(context: EndpointContext, authorize: Authorize | undefined): Answer {
  return async ({ request, route }) => {
    const task = taskOf(request, route)
    return task.run(context, await authorize?.(accessRequestOf(request), task.wish))
  }
}

function accessRequestOf(request: Exchange['request']): AccessRequest {
  const { id, method, headers } = request
  return {
    id,
    method,
    headers,
    get client() {
      return request.client
    },
    tellAccount(name) {
      request.account = name
    },
  }
}

function pageAnswer(answer: Answer): Answer {
  return (exchange) => {
    const { method } = exchange.request
    if (method === 'GET' || method === 'HEAD') return answer(exchange)
    throw method === 'OPTIONS' ? wrongMethod(method, ['GET']) : notFound()
  }
}

function tooMany(): PublishError {
  return new PublishError('TOO_MANY_REQUESTS')
}

function refuse(status: number, message: string): WebError {
  if (status === 403) return new WebError(403, 'DENIED', message)
  return new WebError(status, 'UNSUPPORTED', message, { headers: { Connection: 'close' } })
}
