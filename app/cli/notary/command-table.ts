import type { CommandTable } from '../command-group.ts'

/** What comes after `ibuild notary`, each loaded only when it is asked for. */
export const notaryCommands: CommandTable = {
  serve: { summary: 'serve trusted collections, and nothing else', load: () => import('./serve.ts') },
  signer: {
    summary: 'the keys of the server: sign in another process, lock them anew',
    load: () => import('./signer.ts'),
  },
}
