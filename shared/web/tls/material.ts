import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { errnoOf, IbuildError } from '../../base/errors.ts'

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

/** As it is configured. */
export interface TlsSettings extends TlsFiles {
  readonly mode: 'off' | 'auto' | 'files'
  /** For the certificate of mode auto. */
  readonly names: readonly string[]
  /** Files with CAs of clients; with any, clients must show a certificate. */
  readonly clientCA: readonly string[]
  /** Oldest version of TLS. */
  readonly minimum: '1.2' | '1.3'
}

/**
 * Reads certificate, key and the CAs of clients, and checks that they fit each other. Errors: TLS_INVALID, which names the
 * file and no content of it.
 */
export async function readMaterial(
  { certificate, key }: TlsFiles,
  tls: Pick<TlsSettings, 'clientCA' | 'minimum'>,
): Promise<TlsMaterial> {
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
