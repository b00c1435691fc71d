import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'

/** An event as a receiver reads it. */
export interface ReceivedEvent {
  readonly id: string
  readonly action: string
  readonly target: Readonly<Record<string, unknown>>
  readonly request: Readonly<Record<string, unknown>>
  readonly actor: Readonly<Record<string, unknown>>
  readonly source: Readonly<Record<string, unknown>>
  readonly timestamp: string
}

export interface Envelope {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly events: readonly ReceivedEvent[]
}

/** What a receiver answers to an envelope: a status, or all of it by itself. */
export type Answer = number | ((response: ServerResponse) => void)

/** Somebody who is told of events: a real server. */
export interface Receiver {
  readonly url: string
  /** All that came, whatever was answered. */
  readonly envelopes: readonly Envelope[]
  /** Events that were answered with 200, in their order. */
  readonly taken: readonly ReceivedEvent[]
  answer: (envelope: Envelope) => Answer
  /** Waits until `look` is true; throws after ten seconds. */
  until(look: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startReceiver(t: ExecutionContext, port = 0): Promise<Receiver> {
  const envelopes: Envelope[] = []
  const taken: ReceivedEvent[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces)
      const { events }: { readonly events: readonly ReceivedEvent[] } = JSON.parse(body.toString())
      const envelope = { headers: request.headers, body, events }
      envelopes.push(envelope)
      const answer = receiver.answer(envelope)
      if (typeof answer === 'function') return answer(response)
      if (answer === 200) taken.push(...events)
      response.writeHead(answer).end()
      return undefined
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  const receiver: Receiver = {
    url: `http://127.0.0.1:${address.port}/hook`,
    envelopes,
    taken,
    answer: () => 200,
    until: (look) => waitUntil(look, () => `${taken.length} taken, ${envelopes.length} envelopes`),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  t.teardown(() => receiver.close())
  return receiver
}

/** Waits until `look` is true; the error after ten seconds has `state` in it. */
export async function waitUntil(look: () => boolean | Promise<boolean>, state: () => string): Promise<void> {
  for (const end = Date.now() + 10_000; !(await look()); await sleep(5)) {
    if (Date.now() > end) throw new Error(`it did not come: ${state()}`)
  }
}
