import { isDirect } from '../../shared/web/is-direct.ts'
import type { AppRoute } from '../http/app.ts'
import type { Reply } from '../http/reply.ts'
import { RegistryError } from '../protocol/error.ts'
import type { Readiness } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface PageParts {
  readonly readiness: () => Promise<Readiness>
  readonly metrics: Metrics | undefined
  /** True on an address of their own: then everyone who reaches it may see the metrics. */
  readonly isForOperators: boolean
}

/**
 * Pages about the server: `/healthz`; `/readyz`, which is for those who send it requests, so that one that can only be pulled from
 * is ready; `/readyz/push` for those who push; and `/metrics` for those who may see them.
 */
export function serverPages({ readiness, metrics, isForOperators }: PageParts): readonly AppRoute[] {
  return [
    { path: '/healthz', answer: () => textReply(200, 'ok\n') },
    {
      path: '/readyz',
      answer: async () => {
        const { serving, pushing } = await readiness()
        if (serving.length > 0) return linesReply(503, serving)
        return linesReply(200, ['ready', ...pushing.map((line) => `not for pushes: ${line}`)])
      },
    },
    {
      path: '/readyz/push',
      answer: async () => {
        const { serving, pushing } = await readiness()
        const problems = [...serving, ...pushing]
        return problems.length > 0 ? linesReply(503, problems) : linesReply(200, ['ready'])
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

function linesReply(status: number, lines: readonly string[]): Reply {
  return textReply(status, lines.map((line) => `${line}\n`).join(''))
}

function textReply(status: number, text: string, type = 'text/plain; charset=utf-8'): Reply {
  return { status, headers: { 'Content-Type': type, 'Cache-Control': 'no-store' }, body: Buffer.from(text) }
}

function notHere(): RegistryError {
  return new RegistryError('UNSUPPORTED', 'there is nothing at this path', { status: 404 })
}
