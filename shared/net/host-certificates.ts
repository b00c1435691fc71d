import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { certificatesIn } from './http/authorities.ts'

/** What folders have for one host. */
export interface HostCertificates {
  /** Authorities, in PEM. */
  readonly ca: readonly string[]
  readonly identity: { readonly certificate: string; readonly key: string } | undefined
}

/**
 * Reads `HOST:PORT/` below each of the folders, as Docker and podman do: every `*.crt` is an authority, a `*.cert` with the
 * `*.key` of the same name is who we are. A folder for the host without port counts when there is none with it. Errors:
 * REGISTRIES_INVALID for a certificate without key, or what is none.
 */
export async function readHostCertificates(folders: readonly string[], host: string): Promise<HostCertificates> {
  const found = await Promise.all(
    folders.map((folder) => readAny([join(folder, host), join(folder, host.replace(/:\d+$/, ''))])),
  )
  return { ca: found.flatMap(({ ca }) => ca), identity: found.find(({ identity }) => identity !== undefined)?.identity }
}

const nothing: HostCertificates = { ca: [], identity: undefined }

async function readAny(folders: readonly string[]): Promise<HostCertificates> {
  for (const folder of folders) {
    const names = await namesIn(folder)
    if (names !== undefined) return readFolder(folder, names)
  }
  return nothing
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

async function readFolder(folder: string, names: readonly string[]): Promise<HostCertificates> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'latin1')
  const ca = await Promise.all(
    names
      .filter((name) => name.endsWith('.crt'))
      .map(async (name) => needCertificates(await read(name), join(folder, name))),
  )
  const own = names.find((name) => name.endsWith('.cert'))
  if (own === undefined) return { ca: ca.flat(), identity: undefined }
  const key = `${own.slice(0, -'.cert'.length)}.key`
  if (!names.includes(key)) throw invalid(`${join(folder, own)} has no key ${key} beside it`)
  return { ca: ca.flat(), identity: { certificate: await read(own), key: await read(key) } }
}

/** The certificates of a file. Errors: REGISTRIES_INVALID when there are none, or one is damaged. */
export function needCertificates(text: string, file: string): string[] {
  const certificates = certificatesIn(text)
  if (certificates.length === 0) throw invalid(`there is no certificate in ${file}`)
  // TLS itself passes over what it cannot read.
  if (!certificates.every(isCertificate)) throw invalid(`a certificate in ${file} is damaged`)
  return certificates
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}

function invalid(message: string): IbuildError {
  return new IbuildError('REGISTRIES_INVALID', message)
}
