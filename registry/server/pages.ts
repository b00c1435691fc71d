import type { AppRoute } from '../http/app.ts'
import type { Reply } from '../http/reply.ts'
import type { RegistryRequest } from '../http/request.ts'
import { RegistryError } from '../protocol/error.ts'
import { isLoopback } from './config/exposure.ts'
import type { Readiness } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface PageParts {
  readonly readiness: () => Promise<Readiness>
  readonly metrics: Metrics | undefined
  /** True on an address of their own: then everyone who reaches it may see the metrics. */
  readonly isForOperators: boolean
}

/** Pages about the server: `/healthz`, `/readyz`, and `/metrics` for those who may see them. */
export function serverPages({ readiness, metrics, isForOperators }: PageParts): readonly AppRoute[] {
  return [
    { path: '/healthz', answer: () => textReply(200, 'ok\n') },
    {
      path: '/readyz',
      answer: async () => {
        const { isReady, problems } = await readiness()
        return isReady ? textReply(200, 'ready\n') : textReply(503, problems.map((line) => `${line}\n`).join(''))
      },
    },
    {
      path: '/metrics',
      answer: async (request) => {
        if (metrics === undefined || !(isForOperators || isDirect(request))) throw notHere()
        return textReply(200, await metrics.text(), metrics.contentType)
      },
    },
  ]
}

function textReply(status: number, text: string, type = 'text/plain; charset=utf-8'): Reply {
  return { status, headers: { 'Content-Type': type, 'Cache-Control': 'no-store' }, body: Buffer.from(text) }
}

function notHere(): RegistryError {
  return new RegistryError('UNSUPPORTED', 'there is nothing at this path', { status: 404 })
}

const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/** From this machine, and not handed on by a proxy on it. */
function isDirect({ remoteAddress, headers }: RegistryRequest): boolean {
  return isLoopback(remoteAddress ?? '') && forwarding.every((name) => headers[name] === undefined)
}
