import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unlessMissing } from '../../shared/base/errors.ts'
import { writeDurably } from '../../shared/cas/write-durably.ts'
import { createClientCertificate } from '../../shared/net/certificates.ts'

/** What a notary server is given to ask the signer by: files in the folder `tls` of a signer that has a CA of its own. */
export interface ClientFiles {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** The name in the certificate that a signer makes for its notary server. */
export const ownClient = 'notary'
const day = 86_400_000

/** Makes a certificate for a client, by the CA in the folder, where there is none. It lasts as long as the CA. */
export async function ensureClientFiles(folder: string, now = Date.now()): Promise<ClientFiles> {
  const files = { ca: join(folder, 'ca.crt'), certificate: join(folder, 'client.crt'), key: join(folder, 'client.key') }
  if ((await readFile(files.certificate).catch(unlessMissing)) !== undefined) return files
  const [certificate, key] = await Promise.all([readFile(files.ca, 'utf8'), readFile(join(folder, 'ca.key'), 'utf8')])
  const until = new X509Certificate(certificate).validToDate
  const made = createClientCertificate(
    { certificate, key },
    { commonName: ownClient, from: new Date(now - day), until },
  )
  await writeDurably(files.key, made.key, 0o600)
  await writeDurably(files.certificate, made.certificate, 0o644)
  return files
}
