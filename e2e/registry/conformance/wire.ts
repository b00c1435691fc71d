import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'

export interface Message {
  /** An array gives one header line for each of its values. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Uint8Array | string | undefined
  /** Send the body in chunks without a Content-Length. */
  readonly isChunked?: boolean
}

/** What the server sent, as it came. */
export interface Answer {
  readonly status: number
  /** The value of a header; several lines are joined with a comma. Undefined when there is none. */
  header(name: string): string | undefined
  readonly body: Buffer
  /** Which request it answers, for messages. */
  readonly to: string
}

/** Milliseconds until an answer must be there. */
const patience = 20_000

/** Requests over node:http and nothing more: no redirects, no decoding, no header that was not asked for. */
export class Wire {
  readonly base: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })

  /** `base` is `http://HOST:PORT`. */
  constructor(base: string) {
    this.base = base
  }

  /** `path` may be a whole URL, as a Location may be. */
  async ask(method: string, path: string, message: Message = {}): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const outgoing = this.open(method, path, message)
    const to = `${method} ${path.slice(0, 200)}`
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => void answerOf(incoming, to).then(resolve, reject))
    outgoing.setTimeout(patience, () => outgoing.destroy(new Error(`${to}: no answer within ${patience} ms`)))
    send(outgoing, message)
    return promise
  }

  /** A request whose body is still to be written. */
  open(method: string, path: string, { headers = {}, body, isChunked = false }: Message = {}): ClientRequest {
    const length = body === undefined || isChunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const url = path.startsWith('/') ? `${this.base}${path}` : path
    const lists = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])
    // the path goes out as it is written: URL would resolve dots and encode
    const options = path.startsWith('/') ? { path } : {}
    return request(url, {
      method,
      agent: this.#agent,
      headers: { ...length, ...Object.fromEntries(lists) },
      ...options,
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function send(outgoing: ClientRequest, { body, isChunked = false }: Message): void {
  if (!isChunked || body === undefined) return void outgoing.end(body)
  const bytes = Buffer.from(body)
  const middle = bytes.byteLength >> 1
  outgoing.write(bytes.subarray(0, middle)) // two pieces: one would be sent with its length
  outgoing.end(bytes.subarray(middle))
}

async function answerOf(incoming: IncomingMessage, to: string): Promise<Answer> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  const headers = incoming.headersDistinct
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => headers[name.toLowerCase()]?.join(', '),
    body: Buffer.concat(pieces),
    to,
  }
}
