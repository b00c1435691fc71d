import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newCertificate } from '../../../notary/tuf/testing/keys.ts'

/** A key of somebody to whom a collection delegates, in files. */
export interface DelegationKey {
  /** Path of the PEM certificate. */
  readonly certificate: string
  /** Path of the PEM key, which is not encrypted. */
  readonly key: string
  /** ID of the certificate's key, as `notary delegation list` shows it. */
  id(list: string, role: string): string
}

/** Makes a key with a certificate for it, in `folder`. */
export function delegationKey(folder: string, name: string, type: 'ec' | 'rsa'): DelegationKey {
  const { privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  writeFileSync(certificate, newCertificate(privateKey, { commonName: name }))
  const id = (list: string, role: string): string => {
    const line = list.split('\n').find((text) => text.startsWith(`${role} `)) ?? ''
    return /[0-9a-f]{64}/.exec(line)?.[0] ?? `no key of ${role} is listed`
  }
  return { certificate, key, id }
}
