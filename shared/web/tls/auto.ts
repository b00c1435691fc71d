import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { errnoOf, IbuildError } from '../../base/errors.ts'
import { writeDurably } from '../../cas/write-durably.ts'
import type { Credential } from '../../net/certificates.ts'
import type { TlsFiles } from './material.ts'

export interface AutoFiles extends TlsFiles {
  /** The CA's certificate: what clients are given to trust. */
  readonly authority: string
}

export interface AutoWish {
  /** What the server is, for people: it stands in the name of the CA. */
  readonly what: string
  /** Names and addresses for the server's certificate. */
  readonly names: readonly string[]
  /** How long the server's certificate holds, in days: 90 unless told, for one that a server renews itself. */
  readonly days?: number
}

const day = 86_400_000
/** How long certificates hold, in days. Clients are given the CA once, so it lasts; a server's is renewed by itself. */
const authorityDays = 3650
const serverDays = 90
/** Days before its end at which a server's certificate is renewed. */
const renewalDays = 30

/** Where the own CA and the server's certificate lie. */
function autoFiles(folder: string): AutoFiles & { readonly authorityKey: string } {
  return {
    authority: join(folder, 'ca.crt'),
    authorityKey: join(folder, 'ca.key'),
    certificate: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
  }
}

/** Names for the certificate: those that are asked for, that of the address, and those of this machine for itself. */
export function certificateNames(asked: readonly string[], host: string | undefined): readonly string[] {
  const own = [hostname().toLowerCase()].filter((name) => /^[\w-]+(?:\.[\w-]+)*$/.test(name))
  const hosts = host === undefined || /^(?:0\.0\.0\.0|::)$/.test(host) ? [] : [host]
  return [...new Set([...asked, ...hosts, 'localhost', '127.0.0.1', '::1', ...own])]
}

/**
 * Makes an own CA in `folder` where there is none, and a certificate of it for `names` where there is none that has them all
 * and lasts a while. The CA is never made anew by itself: its clients would trust nothing any more. Errors: TLS_INVALID.
 */
export async function ensureAutoFiles(folder: string, wish: AutoWish, now = Date.now()): Promise<AutoFiles> {
  const { names, what } = wish
  const files = autoFiles(folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const authority = (await readAuthority(files)) ?? (await makeAuthority(files, what, now))
  if (!(await isUsable(files, authority.certificate, names, now))) await renew(files, authority, wish, now)
  return files
}

/** Milliseconds of the epoch at which the certificate should be renewed. */
export function renewalTime(certificate: X509Certificate): number {
  return certificate.validToDate.getTime() - renewalDays * day
}

/** The key is written first, so a CA without a key is one that was damaged; a key alone was never in use. */
async function readAuthority(files: ReturnType<typeof autoFiles>): Promise<Credential | undefined> {
  const [certificate, key] = await Promise.all([readIfThere(files.authority), readIfThere(files.authorityKey)])
  if (certificate === undefined) return undefined
  if (key !== undefined && belongTogether(certificate, key)) return { certificate, key }
  throw new IbuildError('TLS_INVALID', `${files.authorityKey} is not the key of ${files.authority}`, {
    hint: 'Put the key back; or remove the folder, and give the new ca.crt to all clients.',
  })
}

async function makeAuthority(files: ReturnType<typeof autoFiles>, what: string, now: number): Promise<Credential> {
  const { createAuthority } = await import('../../net/certificates.ts')
  const commonName = `ibuild ${what} on ${hostname().slice(0, 40)}, made ${new Date(now).toISOString().slice(0, 10)}`
  const made = createAuthority({ commonName, from: new Date(now - day), until: new Date(now + authorityDays * day) })
  await writeDurably(files.authorityKey, made.key, 0o600)
  await writeDurably(files.authority, made.certificate, 0o644)
  return made
}

async function renew(
  files: ReturnType<typeof autoFiles>,
  authority: Credential,
  { names, days = serverDays }: AutoWish,
  now: number,
): Promise<void> {
  const { createServerCertificate } = await import('../../net/certificates.ts')
  const end = new X509Certificate(authority.certificate).validToDate.getTime()
  const until = new Date(Math.min(now + days * day, end))
  const commonName = (names[0] ?? 'localhost').slice(0, 64)
  const made = createServerCertificate(authority, { commonName, names, from: new Date(now - day), until })
  await writeDurably(files.key, made.key, 0o600)
  await writeDurably(files.certificate, made.certificate, 0o644)
}

async function isUsable(files: TlsFiles, authority: string, names: readonly string[], now: number): Promise<boolean> {
  const [certificate, key] = await Promise.all([readIfThere(files.certificate), readIfThere(files.key)])
  if (certificate === undefined || key === undefined || !belongTogether(certificate, key)) return false
  const [leaf, parent] = [new X509Certificate(certificate), new X509Certificate(authority)]
  const has = (name: string): boolean =>
    isIP(name) === 0 ? leaf.checkHost(name) !== undefined : leaf.checkIP(name) !== undefined
  return now < renewalTime(leaf) && leaf.verify(parent.publicKey) && names.every(has)
}

function belongTogether(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    throw new IbuildError('TLS_INVALID', `${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, { cause })
  }
}
