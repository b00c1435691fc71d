import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { isLoopback, parseAddress } from '../../shared/web/address.ts'
import { readMaterial } from '../../shared/web/tls/material.ts'
import type { ServerConfig } from '../server/config/schema.ts'
import { registryLayout } from '../storage/layout.ts'
import { type Check, checked } from './types.ts'

const day = 86_400_000
/** Days before the end of a certificate at which it is time; one of our own CA is renewed before. */
const soon = 14
const mostCertificates = 10

/** What clients will say to the certificates of a configuration. `host` is by what they call the registry, where that is known. */
export async function checkTls(
  { tls, listen }: ServerConfig,
  {
    root,
    host,
    now = Date.now(),
  }: { readonly root: string; readonly host?: string | undefined; readonly now?: number },
): Promise<readonly Check[]> {
  if (tls.mode === 'off') return [withoutTls(listen)]
  if (tls.mode === 'auto') return checkAuto(root, { host, now })
  const pair = await checked('TLS: certificate and key', async () => {
    await readMaterial(tls, tls)
    return { status: 'ok', message: 'belong together' }
  })
  if (pair.status === 'fail')
    return [{ ...pair, mend: 'Name a certificate and its own key, in PEM: tls.certificate, tls.key.' }]
  const chain = chainOf(await readFile(tls.certificate, 'latin1'))
  return [pair, await checkKeyFile(tls.key), ...checkChain(chain, { host, now })]
}

function withoutTls(listen: string): Check {
  const { host } = parseAddress(listen, 'listen')
  const isOpen = host === undefined || (isIP(host) !== 0 ? !isLoopback(host) : host !== 'localhost')
  return isOpen
    ? {
        name: 'TLS',
        status: 'warn',
        message: 'off, though other machines reach the address',
        mend: 'Set tls.mode, or put a proxy that has TLS in front.',
      }
    : { name: 'TLS', status: 'ok', message: 'off: only this machine reaches the address' }
}

async function checkAuto(root: string, options: ChainOptions): Promise<readonly Check[]> {
  const file = join(registryLayout(root).folder, 'tls/server.crt')
  const text = await readFile(file, 'latin1').catch(() => undefined)
  if (text === undefined)
    return [{ name: 'TLS', status: 'ok', message: 'the certificate is made when a server starts' }]
  return checkChain(chainOf(text), options).map((check) =>
    check.name === 'TLS: chain' ? { ...check, status: 'ok', message: 'of our own CA' } : check,
  )
}

function checkKeyFile(file: string): Promise<Check> {
  return checked('TLS: key file', async () => {
    const { mode } = await stat(file)
    if ((mode & 0o004) === 0) return { status: 'ok', message: 'not for everyone to read' }
    return { status: 'warn', message: `everyone on this machine can read ${file}`, mend: `chmod o-r ${file}` }
  })
}

function chainOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.slice(0, mostCertificates).map((block) => new X509Certificate(block))
}

interface ChainOptions {
  readonly host?: string | undefined
  readonly now: number
}

/** The server's certificate first, then those above it. */
export function checkChain(chain: readonly X509Certificate[], { host, now }: ChainOptions): readonly Check[] {
  const [leaf] = chain
  if (leaf === undefined) return [{ name: 'TLS', status: 'fail', message: 'there is no certificate' }]
  return [
    ...chain.map((each, i) => checkTime(each, now, i)),
    checkOrder(chain),
    ...(host === undefined ? [] : [checkName(leaf, host)]),
  ]
}

function checkTime(certificate: X509Certificate, now: number, place: number): Check {
  const name = place === 0 ? 'TLS: time' : `TLS: time of the certificate above (${place})`
  const { validFromDate: from, validToDate: until } = certificate
  const mend = 'Get a new certificate; the server takes it when the file changes.'
  if (until.getTime() < now) return { name, status: 'fail', message: `over since ${until.toISOString()}`, mend }
  if (from.getTime() > now) {
    return {
      name,
      status: 'fail',
      message: `begins only on ${from.toISOString()}`,
      mend: 'Wait, or look whether the clock is right.',
    }
  }
  const days = Math.floor((until.getTime() - now) / day)
  const message = `until ${until.toISOString()}, ${days} days`
  return days < soon ? { name, status: 'warn', message, mend } : { name, status: 'ok', message }
}

function checkOrder(chain: readonly X509Certificate[]): Check {
  const name = 'TLS: chain'
  for (const [i, above] of chain.slice(1).entries()) {
    const below = chain[i]
    if (below === undefined || (below.checkIssued(above) && below.verify(above.publicKey))) continue
    const mend = 'Write the certificate of the server first, then each time the one that signed it.'
    return { name, status: 'fail', message: `certificate ${i + 2} of the file did not sign the one before it`, mend }
  }
  const last = chain.at(-1)
  if (last === undefined || isKnownAbove(last))
    return { name, status: 'ok', message: 'leads to a CA that this machine trusts' }
  if (isSelfSigned(last)) {
    return {
      name,
      status: 'warn',
      message: `ends with ${subjectOf(last)}, which clients do not know`,
      mend: 'Give that certificate to all clients.',
    }
  }
  const mend =
    'Add the certificates of the CAs between, if there are any; a CA of your own has to be given to all clients.'
  return { name, status: 'warn', message: `nobody here knows who signed ${subjectOf(last)}`, mend }
}

function isKnownAbove(certificate: X509Certificate): boolean {
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem)
    return (
      certificate.fingerprint256 === root.fingerprint256 ||
      (certificate.checkIssued(root) && certificate.verify(root.publicKey))
    )
  })
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)
}

function subjectOf({ subject }: X509Certificate): string {
  return JSON.stringify(subject.replaceAll('\n', ', ').slice(0, 200))
}

function checkName(leaf: X509Certificate, host: string): Check {
  const name = 'TLS: name'
  const has = isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)
  if (has !== undefined) return { name, status: 'ok', message: `is for ${host}` }
  const mend = 'Get a certificate with that name, or let clients call the registry by one that it has.'
  return {
    name,
    status: 'fail',
    message: `the certificate is not for ${host}: ${leaf.subjectAltName ?? 'it has no names'}`,
    mend,
  }
}
