import { createHttpClient } from '../../shared/net/http/client.ts'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import { type HttpAnswer, type HttpClient, headerOf } from '../../shared/net/http/types.ts'
import { addressGuard } from './address-guard.ts'
import { envelopeType } from './event.ts'
import { signatureHeader, signatureOf } from './signature.ts'
import type { Endpoint } from './types.ts'

/** What became of a try to send events. */
export type Outcome =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'failed'
      /** For operators: says nothing that is secret. */
      readonly reason: string
      /** True when the receiver says that it is for what was sent. */
      readonly isForContent: boolean
      /** Milliseconds that the receiver asks to wait. */
      readonly retryAfter: number | undefined
    }

/** Sends events to one receiver, once, following no redirect. */
export interface Delivery {
  /** `events` are texts of JSON. Never rejects, unless `signal` aborts: with its reason. */
  send(events: readonly string[], signal: AbortSignal): Promise<Outcome>
  close(): Promise<void>
}

export interface DeliveryOptions {
  readonly endpoint: Endpoint
  /** Networks that may be sent to though they are refused otherwise. */
  readonly allow: readonly string[]
  readonly now?: () => number
}

/** Statuses that tell that this very content is not wanted: another try would end as this one. */
const contentStatuses: ReadonlySet<number> = new Set([400, 406, 413, 415, 422])

export function createDelivery({ endpoint, allow, now = Date.now }: DeliveryOptions): Delivery {
  const { timeout, authorities, secret } = endpoint
  const url = new URL(endpoint.url)
  const client: HttpClient = createHttpClient({
    userAgent: 'ibuild',
    timeouts: { connect: timeout, answer: timeout, idle: timeout },
    tls: async () => ({ isVerified: true, ca: authorities }),
    refuses: addressGuard(allow),
  })
  const given = Object.fromEntries(
    Object.entries(endpoint.headers).map(([name, values]) => [name.toLowerCase(), values.join(', ')]),
  )
  const post = async (body: Buffer, signal: AbortSignal): Promise<Outcome> => {
    const headers = {
      ...given,
      'content-type': envelopeType,
      'content-length': String(body.byteLength),
      ...(secret !== undefined && { [signatureHeader]: signatureOf(body, secret, now()) }),
    }
    const answer = await client.send({ method: 'POST', url, headers, body, signal })
    void answer.body.discard() // nothing in it matters, and its cap is the client's
    return outcomeOf(answer)
  }
  return {
    send: async (events, signal) => {
      const body = Buffer.from(`{"events":[${events.join(',')}]}`)
      const late = AbortSignal.timeout(timeout)
      try {
        return await post(body, AbortSignal.any([signal, late]))
      } catch (error) {
        signal.throwIfAborted()
        return failed(late.aborted ? `${url.host}: it did not answer in time` : reasonOf(error, url))
      }
    },
    close: () => client.close(),
  }
}

function outcomeOf(answer: HttpAnswer): Outcome {
  const { status, url } = answer
  if (status >= 200 && status < 300) return { kind: 'taken' }
  const where = status >= 300 && status < 400 ? ' (redirects are not followed)' : ''
  return {
    ...failed(`${url.host}: it answers ${status}${where}`),
    isForContent: contentStatuses.has(status),
    retryAfter: secondsIn(headerOf(answer, 'retry-after')),
  }
}

function secondsIn(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined
}

function failed(reason: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', reason, isForContent: false, retryAfter: undefined }
}

/** Of other errors nobody knows what they tell. */
function reasonOf(error: unknown, { host }: URL): string {
  return error instanceof HttpFailure ? error.message : `${host}: it cannot be sent to`
}
