import { join } from 'node:path'

/**
 * What a notary keeps below the data folder:
 *
 * ```
 * ROOT/notary/
 *   metadata/     files of collections: an embedded database
 *   signer/       keys that sign snapshots and timestamps, locked; and `signer.key`, which unlocks them, where nothing else was
 *                 configured
 *   tls/          the CA and the certificate that a server made itself, with their keys, for the owner alone
 *   token-keys/   keys that sign tokens, of a notary that runs alone
 *   rows.sock     where the process that has `metadata` open gives its rows to backups; `signer` has one for its keys
 *   signed.sock   where a notary that runs alone tells a registry of the same data folder what is signed
 *   admin.sock    where a server that runs is reached by whoever runs it
 * ```
 */
export interface NotaryLayout {
  readonly folder: string
  readonly metadata: string
  readonly signer: string
  readonly tokenKeys: string
  readonly adminSocket: string
}

export function notaryLayout(root: string): NotaryLayout {
  const folder = join(root, 'notary')
  return {
    folder,
    metadata: join(folder, 'metadata'),
    signer: join(folder, 'signer'),
    tokenKeys: join(folder, 'token-keys'),
    adminSocket: join(folder, 'admin.sock'),
  }
}
