import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild trust key`, each loaded only when it is asked for. */
export const keyCommands: CommandTable = {
  generate: { summary: 'make a key for a signer, and write its public half', load: () => import('./key-generate.ts') },
  load: { summary: 'put a private key into the key store', load: () => import('./key-load.ts') },
  import: { summary: 'put keys that were exported into the key store', load: () => import('./key-import.ts') },
  export: { summary: 'write a key, locked as it is, for another machine', load: () => import('./key-export.ts') },
  list: { summary: 'list the keys of the key store', load: () => import('./key-list.ts') },
  passphrase: { summary: 'lock a key with another passphrase', load: () => import('./key-passphrase.ts') },
  rotate: { summary: 'give a role of an image another key', load: () => import('./rotate.ts') },
  remove: { summary: 'remove a key from the key store for good', load: () => import('./key-remove.ts') },
}

/** `ibuild trust key COMMAND`: private keys, which lie in the key store that docker has, too. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'Private keys for signing. They lie where docker and the notary client find them.'
  return runGroup({ name: 'trust key', about, commands: keyCommands }, argv)
}
