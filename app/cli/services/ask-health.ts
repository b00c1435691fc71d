import { connect } from 'node:tls'
import { createHttpClient } from '../../../shared/net/http/client.ts'
import { hostOf, portOf } from '../../../shared/net/http/place.ts'
import { readBody } from '../../../shared/net/http/read-body.ts'

/** How a server is, and its own words about that. */
export interface Health {
  readonly isHealthy: boolean
  readonly text: string
}

/** Bytes of an answer, and characters of it that are shown. */
const [mostBytes, mostShown] = [64 * 1024, 500]

/**
 * Asks a page of health, or, with `tls:`, whether a server answers in TLS. Any certificate will do: nothing is told to the server, and
 * what it says is shown alone. Never fails because of the server.
 */
export async function askHealth(url: URL, milliseconds: number): Promise<Health> {
  try {
    return url.protocol === 'tls:' ? await askTls(url, milliseconds) : await askPage(url, milliseconds)
  } catch (error) {
    return { isHealthy: false, text: reasonOf(error, milliseconds) }
  }
}

async function askPage(url: URL, milliseconds: number): Promise<Health> {
  const timeouts = { connect: milliseconds, answer: milliseconds, idle: milliseconds }
  const tls = async () => ({ isVerified: false, ca: [] })
  const client = createHttpClient({ userAgent: 'ibuild-health', timeouts, tls })
  try {
    const answer = await client.send({ method: 'GET', url, signal: AbortSignal.timeout(milliseconds) })
    const body = Buffer.from(await readBody(answer, mostBytes)).toString()
    const text = body.trim().slice(0, mostShown)
    return { isHealthy: answer.status === 200, text: text === '' ? `it answers ${answer.status}` : text }
  } finally {
    await client.close()
  }
}

async function askTls(url: URL, milliseconds: number): Promise<Health> {
  const { promise, resolve, reject } = Promise.withResolvers<Health>()
  const socket = connect({ host: hostOf(url), port: portOf(url), rejectUnauthorized: false, timeout: milliseconds })
  socket.once('secureConnect', () => resolve({ isHealthy: true, text: 'it answers' }))
  socket.once('timeout', () => reject(new DOMException('', 'TimeoutError')))
  socket.once('error', reject)
  try {
    return await promise
  } finally {
    socket.on('error', () => undefined) // what comes of a connection that is given up
    socket.destroy()
  }
}

function reasonOf(error: unknown, milliseconds: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${milliseconds} ms`
  if (error instanceof Error) return error.message.slice(0, mostShown)
  return 'it does not answer'
}
