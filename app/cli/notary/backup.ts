import { type BackupCommand, runBackup } from '../registry/run-backup.ts'

const command: BackupCommand = {
  name: 'notary backup',
  summary: 'Copy all that the notary has, while it is used',
  help: `
For a notary or a signer that runs without a registry: trusted collections, the keys that the server
signs with, certificates and accounts, as far as they lie in the data folder. It holds private
keys, and is readable for its user alone. ibuild registry backup has all of this and the registry.

A file is one tar; - writes it to stdout. A folder (one that is there, or a name that ends in /) can
be used again and again: only what is new is copied.
  ibuild notary backup /mnt/backup/notary/`,
  withRegistry: false,
}

/** `ibuild notary backup FILE|DIR|-` */
export async function run(argv: readonly string[]): Promise<number> {
  return runBackup(command, argv)
}
