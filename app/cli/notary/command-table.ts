import type { CommandTable } from '../command-group.ts'

/** What comes after `ibuild notary`, each loaded only when it is asked for. */
export const notaryCommands: CommandTable = {
  audit: { summary: 'who published, rotated keys, deleted and imported', load: () => import('./audit.ts') },
  import: { summary: 'take over collections from another server', load: () => import('./import.ts') },
  serve: { summary: 'serve trusted collections, and nothing else', load: () => import('./serve.ts') },
  backup: { summary: 'copy all that the notary has, while it is used', load: () => import('./backup.ts') },
  restore: { summary: 'make a data folder of a backup', load: () => import('./restore.ts') },
  signer: {
    summary: 'the keys of the server: sign in another process, lock them anew',
    load: () => import('./signer.ts'),
  },
}
