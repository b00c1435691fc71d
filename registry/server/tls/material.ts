import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import type { ServerConfig } from '../config/schema.ts'

/** What a TLS server shows and asks for. */
export interface TlsMaterial {
  readonly options: SecureContextOptions
  /** True when clients must show a certificate. */
  readonly asksClients: boolean
  readonly certificate: X509Certificate
}

export interface TlsFiles {
  readonly certificate: string
  readonly key: string
}

/**
 * Reads certificate, key and the CAs of clients, and checks that they fit each other. Errors: TLS_INVALID, which names the
 * file and no content of it.
 */
export async function readMaterial({ certificate, key }: TlsFiles, tls: ServerConfig['tls']): Promise<TlsMaterial> {
  const [cert, privateKey, ...ca] = await Promise.all([certificate, key, ...tls.clientCA].map(readPem))
  const parsed = attempt(certificate, 'is no certificate in PEM', () => new X509Certificate(cert ?? ''))
  const parsedKey = attempt(key, 'is no private key in PEM', () => createPrivateKey(privateKey ?? ''))
  if (!parsed.checkPrivateKey(parsedKey)) throw invalid(`${key} is not the key of ${certificate}`)
  for (const [i, file] of tls.clientCA.entries())
    attempt(file, 'is no certificate in PEM', () => new X509Certificate(ca[i] ?? ''))
  const asksClients = tls.clientCA.length > 0
  const options: SecureContextOptions = {
    cert: cert ?? '',
    key: privateKey ?? '',
    ...(asksClients && { ca: ca.map((text) => text ?? '') }),
    minVersion: `TLSv${tls.minimum}`,
  }
  attempt(certificate, 'cannot be used', () => createSecureContext(options))
  return { options, asksClients, certificate: parsed }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw invalid(`${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, cause)
  }
}

function attempt<T>(file: string, problem: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw invalid(`${file} ${problem}`, cause)
  }
}

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('TLS_INVALID', message, { cause })
}
