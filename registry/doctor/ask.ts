import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { TLSSocket } from 'node:tls'

/** What a server says of itself to whoever asks without credentials. */
export interface Answer {
  readonly status: number
  readonly date: string | undefined
  /** Of `WWW-Authenticate`. */
  readonly challenge: string | undefined
  /** The certificates that it shows, in PEM, its own first. */
  readonly certificates: readonly string[]
}

const patience = 10_000

/** Asks with GET, and reads no body. Certificates are shown, not believed: nothing secret is sent. Rejects as the system says. */
export function ask(url: URL): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const options = { method: 'GET', agent: false, timeout: patience, signal: AbortSignal.timeout(patience) }
  const request =
    url.protocol === 'https:' ? tlsRequest(url, { ...options, rejectUnauthorized: false }) : plainRequest(url, options)
  request.on('response', (response) => {
    const { statusCode: status = 0, headers } = response
    const certificates = response.socket instanceof TLSSocket ? certificatesOf(response.socket) : []
    resolve({ status, date: headers.date, challenge: headers['www-authenticate'], certificates })
    request.destroy()
  })
  request.on('error', reject)
  request.end()
  return promise
}

function certificatesOf(socket: TLSSocket): string[] {
  const found: string[] = []
  let next: ReturnType<TLSSocket['getPeerCertificate']> | undefined = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && found.length < 10) {
    const pem = `-----BEGIN CERTIFICATE-----\n${next.raw.toString('base64')}\n-----END CERTIFICATE-----`
    if (found.includes(pem)) break
    found.push(pem)
    next = 'issuerCertificate' in next ? next.issuerCertificate : undefined
  }
  return found
}
