import { join } from 'node:path'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Log } from '../../shared/log/log.ts'
import { activeRequests } from '../../shared/web/active.ts'
import type { UnreadableRequest } from '../../shared/web/client-error.ts'
import { listen, makeWebServer, urlOf, type WebServer } from '../../shared/web/listen.ts'
import type { TlsMaterial, TlsSettings } from '../../shared/web/tls/material.ts'
import { openTlsSource, type TlsSource } from '../../shared/web/tls/source.ts'
import type { Signer } from '../service/types.ts'
import { type ClientFiles, ensureClientFiles, ownClient } from './client-credential.ts'
import { errorBody } from './protocol.ts'
import { signerApp } from './signer-app.ts'

export interface SignerServerOptions {
  readonly signer: Signer
  /** `host:port`; port 0 is a free one. */
  readonly listen: string
  /** For certificates that it makes itself: a folder `tls` in it. */
  readonly folder: string
  /** Certificates of others, and the CAs of clients; without them a CA is made here that both sides have certificates of. */
  readonly tls?: Pick<TlsSettings, 'certificate' | 'key' | 'clientCA'> | undefined
  /** Names in certificates of clients that may ask; default `notary`. */
  readonly clients?: readonly string[]
  /** Names and addresses for the certificate that is made here, beside those of this machine. */
  readonly names?: readonly string[]
  readonly log: Log
}

export interface SignerServer {
  readonly url: string
  /** What to give to the notary server; undefined for certificates of others. */
  readonly clientFiles: ClientFiles | undefined
  /** Waits for what is being answered, a few seconds at most. The signer stays open. */
  close(): Promise<void>
}

/** Milliseconds. */
const [requestTime, drainTime] = [30_000, 5000]
const limits = { connections: 256, connectionsPerAddress: 256, headerBytes: 8192, headersTimeout: 10_000 }

/**
 * Serves a signer to notary servers in other processes: over TLS 1.3, to those alone whose certificate is by the CA of the clients
 * and has one of the names. Errors: LISTEN_FAILED, TLS_INVALID.
 */
export async function startSignerServer(options: SignerServerOptions): Promise<SignerServer> {
  const { signer, clients = [ownClient], log } = options
  let server: WebServer | undefined
  const source = await openSource(options, (material) => changeCertificate(server, material))
  try {
    const active = activeRequests()
    const app = signerApp({ signer, clients, log })
    const answer: typeof app = (request, response) => {
      active.add(response)
      app(request, response)
    }
    server = makeWebServer(answer, { limits, tls: source.material, errorMessage })
    server.requestTimeout = requestTime
    const url = urlOf(await listen(server, options.listen, { key: 'listen' }), true)
    const clientFiles = source.authority === undefined ? undefined : await ensureClientFiles(tlsFolder(options.folder))
    return { url, clientFiles, close: closer({ server, source, active }) }
  } catch (error) {
    source.close()
    server?.close()
    throw error
  }
}

interface Running {
  readonly server: WebServer
  readonly source: TlsSource
  readonly active: ReturnType<typeof activeRequests>
}

function closer({ server, source, active }: Running): () => Promise<void> {
  return async () => {
    source.close()
    server.close()
    server.closeIdleConnections()
    active.closeAfterwards()
    await active.ended(drainTime)
    server.closeAllConnections()
  }
}

async function openSource(options: SignerServerOptions, onChange: (material: TlsMaterial) => void): Promise<TlsSource> {
  const { tls, names = [], folder, log } = options
  const own = { certificate: '', key: '', clientCA: [join(tlsFolder(folder), 'ca.crt')] }
  const settings: TlsSettings = { mode: tls === undefined ? 'auto' : 'files', ...own, ...tls, names, minimum: '1.3' }
  if (settings.clientCA.length === 0) throw new IbuildError('TLS_INVALID', 'the signer needs the CA of its clients')
  const config = { tls: settings, listen: options.listen }
  const source = await openTlsSource({ config, folder, what: 'notary signer', log, onChange })
  if (source === undefined) throw new Error('a signer without TLS')
  return source
}

function tlsFolder(folder: string): string {
  return join(folder, 'tls')
}

function changeCertificate(server: WebServer | undefined, { options }: TlsMaterial): void {
  if (server !== undefined && 'setSecureContext' in server) server.setSecureContext(options)
}

function errorMessage({ status, reason, message }: UnreadableRequest): string {
  const body = JSON.stringify(errorBody(message))
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return [...head, 'Connection: close', '', body].join('\r\n')
}
