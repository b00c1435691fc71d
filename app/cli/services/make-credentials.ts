import { randomBytes } from 'node:crypto'
import { lchown, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureClientFiles } from '../../../notary/signer/client-credential.ts'
import { errnoOf, IbuildError, unlessMissing } from '../../../shared/base/errors.ts'
import { makeFolders, mapDiskFull } from '../../../shared/cas/disk.ts'
import { writeDurably } from '../../../shared/cas/write-durably.ts'
import { ensureAutoFiles } from '../../../shared/web/tls/auto.ts'

export interface CredentialsWish {
  readonly folder: string
  /** Names and addresses by which clients reach registry and notary. */
  readonly names: readonly string[]
  /** Whose the files are to be; this process's without it. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/** Days: nobody renews what lies in a file but who runs the command again. */
const certificateDays = 730
/** How the services of compose.yaml call each other, and this machine itself. */
const [serverNames, signerNames] = [
  ['registry', 'notary', 'localhost', '127.0.0.1', '::1'],
  ['signer', 'localhost', '127.0.0.1', '::1'],
]

/**
 * What registry, notary, signer and retention as separate processes need to believe each other, below `folder`:
 *
 * ```
 * tls/          a CA, and a certificate of it for registry and notary: ca.crt, ca.key, server.crt, server.key
 * signer/       a CA of its own, and certificates of it for the signer and for the notary, as which it asks: client.crt, client.key
 * signer.key    locks the keys of the signer
 * gc.password   of the account by which retention works on the registry
 * ```
 *
 * What is there stays, but certificates that are near their end or lack a name. For the owner alone. Errors: TLS_INVALID, DISK_FULL,
 * USAGE for a folder that cannot be written or given to the owner.
 */
export async function makeCredentials({ folder, names, owner }: CredentialsWish): Promise<void> {
  const [tls, signer] = [join(folder, 'tls'), join(folder, 'signer')]
  const secrets = [join(folder, 'signer.key'), join(folder, 'gc.password')]
  await writing(folder, async () => {
    makeFolders(folder, 0o700)
    const days = certificateDays
    const own = await ensureAutoFiles(tls, { what: 'services', names: [...new Set([...names, ...serverNames])], days })
    const sign = await ensureAutoFiles(signer, { what: 'notary signer', names: signerNames, days })
    const client = await ensureClientFiles(signer)
    for (const secret of secrets) await ensureSecret(secret)
    if (owner === undefined) return
    const files = [own, sign].flatMap(({ authority, certificate, key }) => [authority, certificate, key])
    const keys = [tls, signer].map((each) => join(each, 'ca.key'))
    const all = [folder, tls, signer, ...files, ...keys, client.certificate, client.key, ...secrets]
    for (const path of all) await lchown(path, owner.uid, owner.gid)
  })
}

async function ensureSecret(file: string): Promise<void> {
  if ((await readFile(file).catch(unlessMissing)) !== undefined) return
  await writeDurably(file, `${randomBytes(32).toString('hex')}\n`, 0o600)
}

async function writing(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await mapDiskFull(work)
  } catch (cause) {
    const code = errnoOf(cause)
    if (code === undefined) throw cause
    throw new IbuildError('USAGE', `${folder} cannot be written, or not be given to its owner (${code})`, { cause })
  }
}
