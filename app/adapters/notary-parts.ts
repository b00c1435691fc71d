import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { notaryLayout } from '../../notary/server/layout.ts'
import { signerDatabase } from '../../notary/signer/rows.ts'
import { notaryDatabase } from '../../notary/store/open-trust-store.ts'
import type { BackupPart } from '../../registry/backup/backup-parts.ts'
import type { FurtherParts } from '../../registry/backup/further-parts.ts'
import type { KeptDatabase } from './kept-database.ts'

/**
 * Databases of a data folder's notary, in the order in which they go into a backup: keys are made before metadata name them, so keys
 * that are read after the metadata have all that these need.
 */
export const notaryDatabases: readonly KeptDatabase[] = [
  { name: 'collections', path: 'notary/metadata', socket: 'notary/rows.sock', kind: notaryDatabase },
  { name: 'keys', path: 'notary/signer/rows', socket: 'notary/signer/rows.sock', kind: signerDatabase },
]

/** What of a notary's data folder goes into a backup. */
export const notaryParts: FurtherParts = {
  databases: notaryDatabases,
  files: [
    { path: 'notary/tls', kind: 'tree', about: 'the own CA and certificate, with their keys' },
    { path: 'notary/token-keys', kind: 'tree', about: 'keys that tokens are signed with, of a notary that runs alone' },
    {
      path: 'notary/signer',
      kind: 'files',
      about: 'signer.key, which unlocks the keys that sign, where nothing else does',
    },
    { path: 'notary/signer/tls', kind: 'tree', about: 'the CA and certificates of a signer in a process of its own' },
    { path: 'notary', kind: 'files', about: 'what an operator keeps there' },
  ],
}

/** What no backup has, and why. */
export const notaryLeftOut: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'notary/rows.sock', why: 'a socket' },
  { path: 'notary/signer/rows.sock', why: 'a socket' },
  { path: 'notary/admin.sock', why: 'a socket' },
  { path: 'notary/signed.sock', why: 'a socket' },
  { path: 'trust', why: 'what was seen of trust servers elsewhere, which is asked for again' },
]

/** The accounts of a notary that runs alone lie where those of a registry do. */
export const accountFiles: BackupPart = { path: 'registry', kind: 'files', about: 'htpasswd' }

/** Where the owner of the collections, and that of the keys, give their rows. */
export function rowSockets(root: string): { readonly metadata: string; readonly signer: string } {
  const { folder, signer } = notaryLayout(root)
  return { metadata: join(folder, 'rows.sock'), signer: join(signer, 'rows.sock') }
}

/** True where something of a notary or of a signer is kept. */
export function hasNotary(root: string): boolean {
  return notaryDatabases.some(({ path }) => existsSync(join(root, path)))
}
