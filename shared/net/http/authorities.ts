import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'

/** Where systems keep the certificates that they trust, each in one file; the first that is there counts. */
const usualFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const mostFiles = 2000

export interface AuthoritySources {
  /** In place of the system's file (SSL_CERT_FILE). */
  readonly file?: string | undefined
  /** Folders with further certificates, divided by colons (SSL_CERT_DIR). */
  readonly folders?: string | undefined
}

/** What the environment says of it. */
export function authoritiesIn(env: Readonly<Record<string, string | undefined>>): AuthoritySources {
  return { file: env['SSL_CERT_FILE'] || undefined, folders: env['SSL_CERT_DIR'] || undefined }
}

/**
 * The certificates in PEM that are trusted: those of the system, which Node does not look at by itself, and those that Node
 * brings. Files that cannot be read are left out, as other programs do, but for one that was named: then the system's error.
 */
export async function readAuthorities({ file, folders }: AuthoritySources): Promise<readonly string[]> {
  const texts = [
    file === undefined ? await firstReadable(usualFiles) : await readFile(file, 'latin1'),
    ...(await Promise.all((folders ?? '').split(':').filter(Boolean).map(readFolder))).flat(),
    ...getCACertificates('default'),
  ]
  return [...new Set(texts.flatMap(certificatesIn))]
}

async function firstReadable(files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await readFile(file, 'latin1').catch(() => undefined)
    if (text !== undefined) return text
  }
  return ''
}

async function readFolder(folder: string): Promise<string[]> {
  const names: string[] = await readdir(folder).catch(() => [])
  const wanted = names.toSorted().slice(0, mostFiles)
  return Promise.all(wanted.map((name) => readFile(join(folder, name), 'latin1').catch(() => '')))
}

/** Each certificate of a text, in one form, so that equal ones are found. */
export function certificatesIn(text: string): string[] {
  const found = text.matchAll(
    /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([\s\S]*?)-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g,
  )
  return Array.from(found, ([, body = '']) => {
    const lines = body.replaceAll(/\s+/g, '').match(/.{1,64}/g) ?? []
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  })
}
