import { request as httpRequest, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type JsonValue, parseJson } from '../../../shared/base/json.ts'

/** An answer of lines that goes on until it is closed. */
export interface OpenLines {
  /** Once. To stop reading them does not close the answer. Ends with the answer, also when that broke off. */
  readonly lines: AsyncIterable<JsonValue>
  /** False when either side has ended it. */
  isOpen(): boolean
  /** Ends the connection, which the other side sees. */
  close(): void
}

export interface LinesRequest {
  readonly socketPath: string
  readonly method: string
  readonly path: string
}

const limits = { what: 'answer of the server', maxBytes: 256 * 1024 * 1024 }

/** Asks for lines of JSON; any status but 200 is a refusal, with its body. */
export async function openLines(request: LinesRequest): Promise<OpenLines | { readonly refusal: JsonValue }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = httpRequest({ ...request, agent: false }, resolve)
  sent.on('error', reject)
  sent.end()
  const response = await promise
  if (response.statusCode !== 200) return { refusal: parseJson(await buffer(response), limits) }
  response.on('error', () => undefined)
  return { lines: linesOf(response), isOpen: () => !response.closed, close: () => sent.destroy() }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<JsonValue> {
  let rest = ''
  try {
    for await (const piece of response.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      const lines = `${rest}${String(piece)}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield parseJson(line, limits)
    }
  } catch (error) {
    if (!response.destroyed) throw error
  } finally {
    response.resume() // or its end would not be seen
  }
}
