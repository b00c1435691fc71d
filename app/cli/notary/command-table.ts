import type { CommandTable } from '../command-group.ts'

/** What comes after `ibuild notary`, each loaded only when it is asked for. */
export const notaryCommands: CommandTable = {
  serve: { summary: 'serve trusted collections, and nothing else', load: () => import('./serve.ts') },
}
