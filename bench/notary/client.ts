import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { multipartOf } from '../../notary/client/multipart.ts'
import type { RoleName } from '../../notary/tuf/types.ts'

/** What a client asks of a signing service, over one connection that is kept; each failure is an error. */
export class NotaryClient {
  readonly #base: string
  readonly #agent: Agent | PlainAgent
  readonly #request: typeof request

  /** `base` is `http://HOST:PORT` or `https://HOST:PORT`; `ca` in PEM. */
  constructor(base: string, ca: string) {
    const isTls = base.startsWith('https:')
    this.#base = base
    this.#agent = isTls
      ? new Agent({ keepAlive: true, maxSockets: 1, ca })
      : new PlainAgent({ keepAlive: true, maxSockets: 1 })
    this.#request = isTls ? request : plainRequest
  }

  /** A file of a collection. */
  get(gun: string, name: string): Promise<Buffer> {
    return this.#ask('GET', this.url(gun, name))
  }

  /** Publishes files together. */
  async publish(gun: string, body: ReturnType<typeof multipartOf>): Promise<void> {
    await this.#ask('POST', this.url(gun, ''), body)
  }

  url(gun: string, name: string): string {
    return `${this.#base}/v2/${gun}/_trust/tuf/${name}`
  }

  close(): void {
    this.#agent.destroy()
  }

  async #ask(method: string, url: string, body?: ReturnType<typeof multipartOf>): Promise<Buffer> {
    const headers = body === undefined ? {} : { 'Content-Type': body.contentType, 'Content-Length': body.bytes.length }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      this.#request(url, { method, agent: this.#agent, headers }, resolve).on('error', reject).end(body?.bytes)
    })
    const chunks: Buffer[] = []
    for await (const chunk of answer) if (chunk instanceof Buffer) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (answer.statusCode !== 200) throw new Error(`${method} ${url}: ${answer.statusCode} ${bytes.toString()}`)
    return bytes
  }
}

/** Files as they are sent. */
export function bodyOf(files: readonly (readonly [RoleName, Buffer])[]): ReturnType<typeof multipartOf> {
  return multipartOf(new Map(files))
}
