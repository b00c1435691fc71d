import { type BackupCommand, runBackup } from './run-backup.ts'

const command: BackupCommand = {
  name: 'registry backup',
  summary: 'Copy all that the registry and the notary have, while they are used',
  help: `
What is pushed, signed, deleted and collected meanwhile does no harm: the backup has all of one
moment.
It has everything of the registry in the data folder, and the trusted collections of the notary
in it with the keys that the server signs with; private keys too, and is readable for its user
alone. Uploads that go on are left out.

A file is one tar, which appears when it is whole; - writes it to stdout. A folder (one that is
there, or a name that ends in /) can be used again and again: only what is new is copied, the
backup before stays whole until the new one is, and blobs that it needs no more are removed.

The exit code is 1 when blobs of the registry were damaged: all else is in the backup.
  ibuild registry backup /mnt/backup/registry/
  ibuild registry backup --compression zstd - | ssh elsewhere 'cat > registry.tar.zst'`,
  withRegistry: true,
}

/** `ibuild registry backup FILE|DIR|-` */
export async function run(argv: readonly string[]): Promise<number> {
  return runBackup(command, argv)
}
