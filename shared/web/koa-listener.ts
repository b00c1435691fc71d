import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Router } from '@koa/router'
import Koa from 'koa'

/** Answers a request by itself: Koa sends nothing. */
export type Serve = (message: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A path, or what a path must match, and who answers all methods there. */
export type KoaRoute = readonly [path: string | RegExp, serve: Serve]

/** Koa finds who answers, `otherwise` where no route fits; the answer is sent by us, so that no text of its own is. */
export function koaListener(routes: readonly KoaRoute[], otherwise: Serve): RequestListener {
  const koa = new Koa()
  koa.on('error', () => undefined) // a broken connection; told with the finished request
  koa.use(async (context, next) => {
    context.respond = false
    await next()
  })
  const router = new Router()
  for (const [path, serve] of routes) router.all(path, (context) => serve(context.req, context.res))
  koa.use(router.routes())
  koa.use((context) => otherwise(context.req, context.res))
  const callback = koa.callback()
  return (message, response) => void callback(message, response)
}
