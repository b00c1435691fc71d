import { isDirect } from '../../shared/web/is-direct.ts'
import type { Page } from '../http/app.ts'
import { notFound } from '../http/error-reply.ts'
import { jsonReply, textReply } from '../http/reply.ts'
import type { NotaryService } from '../service/types.ts'
import type { Metrics } from './metrics.ts'

export interface PageParts {
  readonly service: Pick<NotaryService, 'health'>
  readonly metrics: Metrics | undefined
  readonly isDraining: () => boolean
  /** True on an address of their own: then everyone who reaches it may see the metrics. */
  readonly isForOperators: boolean
}

/** As the reference server calls what may be wrong. */
const healthNames: Readonly<Record<string, string>> = { database: 'DB operational', signer: 'Trust operational' }

/** Reasons name addresses inside: they are for who runs the server, from its machine or at `metrics.listen`. */
const elsewhere = 'it does not work; the server itself says why'

/** Pages about the server: `/_notary_server/health`, and `/metrics` for those who may see them. */
export function serverPages({ service, metrics, isDraining, isForOperators }: PageParts): readonly Page[] {
  return [
    {
      path: '/_notary_server/health',
      async answer({ request }) {
        if (isDraining()) return jsonReply({ server: 'is shutting down' }, 503)
        const isTold = isForOperators || isDirect(request)
        const problems = [...(await service.health())].map(([name, reason]) => [
          healthNames[name] ?? name,
          isTold ? reason : elsewhere,
        ])
        return jsonReply(Object.fromEntries(problems), problems.length === 0 ? 200 : 503)
      },
    },
    {
      path: '/metrics',
      async answer({ request }) {
        if (metrics === undefined || !(isForOperators || isDirect(request))) throw notFound()
        return textReply(200, await metrics.text(), metrics.contentType)
      },
    },
  ]
}
